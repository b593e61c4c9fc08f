/** The steps possible on a request now, on the citizen's or the provider's word, and the fields each needs. */
import { fenOf } from '@/kit/amount'
import type { Schemas } from '@/kit/api'
import { momentAt } from '@/kit/clock'
import { codes } from '@/kit/locale'
import { isCounted, quantityOf } from '@/kit/quantity'

import { type ApiStep, apiStep } from '../calls/post'
import { reference } from '../reference'

export const RETURN_REASONS = codes('ReturnReason')
export const TOLD_HOW = codes('ToldHow')

/** All fields that a step may ask for, as typed. */
export interface Words {
  note: string
  to: string
  amount: string
  quantity: string
  payout: string
  reason: (typeof RETURN_REASONS)[number] | ''
  from: string
  until: string
  otherProvider: boolean
  agreed: boolean
  agreedBy: string
  agreedHow: (typeof TOLD_HOW)[number]
  danger: Schemas['DangerKind'] | ''
}
export type Field = keyof Words
export const noWords = (): Words => ({
  note: '',
  to: '',
  amount: '',
  quantity: '',
  payout: '',
  reason: '',
  from: '',
  until: '',
  otherProvider: false,
  agreed: false,
  agreedBy: '',
  agreedHow: 'by_phone',
  danger: '',
})

export interface Step {
  key: string
  must: readonly Field[]
  may: readonly Field[]
  /** What is told to the centre. */
  told: (words: Words) => ApiStep
}

type Request = Schemas['RequestOut']
type Job = Schemas['JobOut']
type Allowed = Schemas['PossibleStep']

/**
 * Return the steps that the centre allows, in its order: the most usual first. `phone` is the number of the request's
 * citizen. `rang` is the number that somebody calls from about it now: null if withheld, undefined if nobody calls.
 */
export function stepsOf(
  allowed: readonly Allowed[],
  request: Request,
  jobs: readonly Job[],
  phone?: string,
  rang: string | null | undefined = phone,
): Step[] {
  const last = jobs.at(-1)
  // During a job its citizen mostly asks about progress; any other caller is mostly the provider, reporting.
  const working = allowed.some(({ subject }) => subject === 'job')
  const first = ({ subject, step }: Allowed) =>
    Number(working && (phone === undefined ? subject === 'job' : step === 'contact'))
  const forms = new Map(citizenSteps(request, rang).map((one) => [one.key, one]))
  const steps = [...allowed]
    .sort((one, other) => first(other) - first(one))
    .flatMap(({ subject, id, step: name }) => {
      if (subject === 'job')
        return (
          providerStep(
            name,
            jobs.find((job) => job.id === id)!,
          ) ?? []
        )
      if (subject === 'offer' || (name === 'contact' && rang === undefined)) return []
      const nobody = name === 'dispatch' && !request.contact_phone && !request.unannounced
      const keys = nobody ? ['unannounced'] : name === 'contact' ? purposesOf(request) : [OF_REQUEST[name] ?? name]
      return keys.flatMap((key) => forms.get(key) ?? [])
    })
  return [...steps, ...(phone && last ? [bar(phone, last.provider_id)] : [])]
}

/** What somebody may call about after the request was made. */
export const PURPOSES = ['progress', 'change', 'complaint'] as const

/** Once the work is done, people complain rather than ask about progress. */
const purposesOf = ({ status }: Request) =>
  status === 'completed' || status === 'closed' ? [...PURPOSES].reverse() : PURPOSES

/** The form's name where it differs from the step's. */
const OF_REQUEST: Partial<Record<Allowed['step'], string>> = {
  consent_to_tier: 'pays',
  raise_danger: 'endanger',
  relay_danger: 'dangerRelay',
  withdraw_danger: 'dangerBack',
}

function step(key: string, must: Field[], told: Step['told'], may: Field[] = []): Step {
  return { key, must, may, told }
}

function providerStep(name: Allowed['step'], job: Job): Step | undefined {
  const path = { params: { path: { job_id: job.id } } }
  const quote = job.quote_fen
  const counted: Field[] = isCounted(job.unit) ? ['quantity'] : []
  const steps = {
    start: step('start', [], () => apiStep('put', '/api/v1/jobs/{job_id}/start', path)),
    complete: step(
      'complete',
      ['note', 'amount'],
      ({ note, amount, payout, quantity, agreed }) => {
        const bill = { amount_fen: fenOf(amount)!, payout_fen: fenOf(payout) ?? null, quantity: quantityOf(quantity) }
        const body = { ...bill, result: note, agreed_on_site: agreed }
        return apiStep('put', '/api/v1/jobs/{job_id}/completion', { ...path, body })
      },
      [...counted, ...(reference.items.get(job.item_code)?.pays_citizen ? (['payout'] as const) : []), 'agreed'],
    ),
    quote: step(
      'quote',
      ['amount'],
      ({ amount, agreed, quantity }) => {
        const body = { amount_fen: fenOf(amount)!, agreed_on_site: agreed, quantity: quantityOf(quantity) }
        return apiStep('put', '/api/v1/jobs/{job_id}/quote', { ...path, body })
      },
      [...counted, 'agreed'],
    ),
    consent: step('consent', [], () =>
      apiStep('put', '/api/v1/jobs/{job_id}/consent', { ...path, body: { amount_fen: quote! } }),
    ),
    appointment: step('appointment', ['from', 'until', 'agreedBy', 'agreedHow'], (words) => {
      const times = { appointment_from: momentAt(words.from), appointment_to: momentAt(words.until) }
      const consent = { agreed_with_citizen: true, agreed_by: words.agreedBy, agreed_how: words.agreedHow }
      return apiStep('put', '/api/v1/jobs/{job_id}/appointment', { ...path, body: { ...times, ...consent } })
    }),
    return: step(
      'return',
      ['reason'],
      ({ reason, note }) =>
        apiStep('put', '/api/v1/jobs/{job_id}/return', {
          ...path,
          body: { reason: reason || 'other', note: note || null },
        }),
      ['note'],
    ),
    fail: step('fail', ['note'], ({ note }) =>
      apiStep('put', '/api/v1/jobs/{job_id}/failure', { ...path, body: { note } }),
    ),
  }
  // The citizen agrees to what was quoted.
  if (name === 'consent' && (quote === null || quote === job.agreed_fen)) return undefined
  return (steps as Partial<Record<Allowed['step'], Step>>)[name]
}

function citizenSteps(request: Request, rang?: string | null): Step[] {
  const path = { params: { path: { request_id: request.id } } }
  const steps = [
    step('answer', ['note'], ({ note }) =>
      apiStep('put', '/api/v1/requests/{request_id}/answer', { ...path, body: { answer: note } }),
    ),
    step('dispatch', [], () => apiStep('put', '/api/v1/requests/{request_id}/dispatch', path)),
    step('unannounced', [], () => {
      const params = { ...path.params, query: { unannounced: true } }
      return apiStep('put', '/api/v1/requests/{request_id}/dispatch', { params })
    }),
    step(
      'relay',
      ['to'],
      ({ to, note }) => {
        const body = { to, outside_number: note || null }
        return apiStep('put', '/api/v1/requests/{request_id}/relay', { ...path, body })
      },
      ['note'],
    ),
    step('endanger', ['danger'], ({ danger }) =>
      apiStep('put', '/api/v1/requests/{request_id}/danger', { ...path, body: { kind: danger || 'fire' } }),
    ),
    step(
      'dangerRelay',
      ['to'],
      ({ to, note }) => {
        const body = { line: to, outside_number: note || null }
        return apiStep('put', '/api/v1/requests/{request_id}/danger/relay', { ...path, body })
      },
      ['note'],
    ),
    step('dangerBack', ['note'], ({ note }) =>
      apiStep('put', '/api/v1/requests/{request_id}/danger/withdrawal', { ...path, body: { reason: note } }),
    ),
    step('close', ['note'], ({ note }) =>
      apiStep('put', '/api/v1/requests/{request_id}/closure', { ...path, body: { note } }),
    ),
    ...PURPOSES.map((purpose) =>
      step(
        purpose,
        purpose === 'progress' ? [] : ['note'],
        ({ note }) => {
          const body = { channel: 'phone', purpose, phone: rang ?? null, note: note || null } as const
          return apiStep('post', '/api/v1/requests/{request_id}/contacts', { ...path, body })
        },
        purpose === 'progress' ? ['note'] : [],
      ),
    ),
    step('pays', [], () =>
      apiStep('put', '/api/v1/requests/{request_id}/tier-consent', { ...path, body: { tier: 'paid' } }),
    ),
    step('hold', ['until', 'note'], ({ until, note }) => {
      const body = { cause: 'citizen', reason: note, until: momentAt(until) } as const
      return apiStep('put', '/api/v1/requests/{request_id}/hold', { ...path, body })
    }),
    step('resume', [], () => apiStep('delete', '/api/v1/requests/{request_id}/hold', path)),
    step(
      'reopen',
      ['note'],
      ({ note, otherProvider }) => {
        const body = { reason: note, other_provider: otherProvider }
        return apiStep('put', '/api/v1/requests/{request_id}/reopening', { ...path, body })
      },
      ['otherProvider'],
    ),
    step('cancel', ['note'], ({ note }) =>
      apiStep('put', '/api/v1/requests/{request_id}/cancellation', { ...path, body: { reason: note } }),
    ),
  ]
  return steps
}

/** Return the step by which the citizen bars this provider. */
function bar(phone: string, provider: string): Step {
  return step(
    'bar',
    [],
    ({ note }) => {
      const bars = [{ provider_id: provider, reason: note || null }]
      return apiStep('post', '/api/v1/citizens', { body: { phone, bars } })
    },
    ['note'],
  )
}

/** Return the required fields that are empty or invalid. */
export function gapsOf({ must }: Step, words: Words): Field[] {
  return must.filter((field) => (field === 'amount' ? fenOf(words.amount) === undefined : !String(words[field]).trim()))
}
