/** Further steps that the centre allows: with a pending offer, with a job, and the supervisor's own. */
import type { Schemas } from '@/kit/api'
import { momentAt } from '@/kit/clock'

import { apiStep } from '../calls/post'
import type { Step } from './steps'

type Allowed = readonly Schemas['PossibleStep'][]

/** Return the allowed steps that need only a few words. */
export function moreSteps(allowed: Allowed): Step[] {
  return allowed.flatMap(({ step, id }) => {
    const make = OF[step]
    return make ? [make(id)] : []
  })
}

const OF: Partial<Record<Allowed[number]['step'], (id: string) => Step>> = {
  withdraw: (offer_id) => ({
    key: 'withdraw',
    must: ['note'],
    may: [],
    told: ({ note }) =>
      apiStep('put', '/api/v1/offers/{offer_id}/withdrawal', {
        params: { path: { offer_id } },
        body: { reason: note },
      }),
  }),
  extension: (job_id) => ({
    key: 'extension',
    must: ['until', 'note'],
    may: [],
    told: ({ until, note }) => {
      const body = { until: momentAt(until), reason: note }
      return apiStep('put', '/api/v1/jobs/{job_id}/extension', { params: { path: { job_id } }, body })
    },
  }),
  reassign: (job_id) => ({
    key: 'reassign',
    must: [],
    may: [],
    told: () => apiStep('put', '/api/v1/jobs/{job_id}/reassignment', { params: { path: { job_id } } }),
  }),
  separate: (request_id) => ({
    key: 'separate',
    must: [],
    may: [],
    told: () => apiStep('delete', '/api/v1/requests/{request_id}/parent', { params: { path: { request_id } } }),
  }),
}
