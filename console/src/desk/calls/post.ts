/** What the desk tells the centre, kept on this device for this operator until the centre has answered. */
import { answer, api, Problem, type Schemas } from '@/kit/api'
import { now } from '@/kit/clock'
import { t } from '@/kit/locale'
import { createOutbox, type Step } from '@/kit/outbox'

import type { Draft, Outcome } from '../call/call'

export interface RequestLetter {
  kind: 'request'
  /** The call in which it was taken down: what is said of one call goes out in its order. */
  subject: string
  body: Schemas['RequestIn']
  outcome: Outcome
  /** As it was typed, to be mended if the centre refuses it. */
  draft: Draft
  /** The request into which this one is merged afterwards. */
  parent?: string
}

export interface CallLetter {
  kind: 'call'
  subject: string
  body: Schemas['CallIn']
}

/** What the centre made of a request; why it was not merged as wished. */
export type TakenDown = Schemas['DispatchOut'] & { unmerged?: string }

export type Letter = RequestLetter | CallLetter
/** The centre knows a key for a day: what is sent again later could be taken down twice. */
const KEY_LIVES_MS = 23 * 3_600_000

export const post = createOutbox<Letter>({
  perform: (step) => (step.kind === 'call' ? tellCall(step) : takeDown(step)),
  replaces: (earlier, later) => earlier.kind === 'call' && later.kind === 'call' && earlier.subject === later.subject,
})

async function takeDown(step: Step<RequestLetter>): Promise<TakenDown> {
  if (now() - step.at > KEY_LIVES_MS) throw new Problem(t('desk.unsent.tooOld'), 'too_old', 409)
  const params = { header: { 'Idempotency-Key': step.id } }
  const given: TakenDown = await answer(api.POST('/api/v1/requests', { params, body: step.body }))
  if (step.parent) await mergeInto(given, step.parent)
  return given
}

/** What was taken down goes into another request; why not, where the centre refuses. Throws a Problem without an answer. */
export async function mergeInto(given: TakenDown, parent: string): Promise<void> {
  const params = { path: { request_id: given.request.id } }
  const merged = answer(api.PUT('/api/v1/requests/{request_id}/parent', { params, body: { parent_id: parent } }))
  await merged
    .then((request) => (given.request = request))
    .catch((problem) => {
      // It is taken down, and can be merged by hand; refused as a whole it would be taken down again.
      if (!(problem instanceof Problem) || !problem.code || problem.status >= 500) throw problem
      given.unmerged = problem.message
    })
}

function tellCall({ subject, body }: CallLetter): Promise<Schemas['CallOut']> {
  const params = { path: { call_id: subject } }
  // What it was for was refused meanwhile: it stays open until somebody says how it ended.
  const nothing = body.status === 'ended' && !body.outcome && !body.request_ids?.length
  return answer(
    api.PUT('/api/v1/calls/{call_id}', {
      params,
      body: nothing ? { ...body, status: 'ongoing', ended_at: null } : body,
    }),
  )
}
