/** The desk's outbox: what this operator tells the centre, kept on this device until the centre has answered. */
import type { ClientPathsWithMethod, MaybeOptionalInit, MethodResponse } from 'openapi-fetch'

import { answer, api, newKey, Problem, type Schemas } from '@/kit/api'
import { now } from '@/kit/clock'
import { t } from '@/kit/locale'
import { createOutbox, type Step } from '@/kit/outbox'
import type { paths } from '@/kit/schema'

import type { Draft, Outcome } from '../call/call'

export interface RequestLetter {
  kind: 'request'
  /** The call it belongs to: letters of one call are sent in order. */
  subject: string
  body: Schemas['RequestIn']
  outcome: Outcome
  /** As it was typed, to be corrected if the centre refuses it. */
  draft: Draft
  /** The request into which this one is merged afterwards. */
  parent?: string
}

export interface CallLetter {
  kind: 'call'
  subject: string
  body: Schemas['CallIn']
}

type Method = 'put' | 'post' | 'patch' | 'delete'

/** A call of the API; `Given` is the type of its answer. */
export interface ApiStep<Given = unknown> {
  method: Method
  path: string
  init: { params?: { path?: object; query?: object; header?: object }; body?: unknown }
  given?: Given
}

export const apiStep = <M extends Method, P extends ClientPathsWithMethod<typeof api, M>>(
  method: M,
  path: P,
  init: NonNullable<MaybeOptionalInit<paths[P], M>>,
): ApiStep<MethodResponse<typeof api, M, P>> => ({ method, path, init }) as ApiStep<MethodResponse<typeof api, M, P>>

/** Any other step: about a request, a provider or a citizen. */
export interface StepLetter<Given = unknown> {
  /** What it is about: the letters of one subject are sent in order. */
  subject: string
  /** Which step it is, by its form's name. */
  name: string
  told: ApiStep<Given>
  /** What was typed into the form, to be corrected if the centre refuses it. */
  words?: object
  /** The number of the request, and who was on the line then. */
  number?: number
  phone?: string
  rang?: string | null
  /** The draft, if it belongs back into the current call. */
  draft?: Draft
  /** The letter that must succeed before this one makes sense. */
  after?: string
}

/** The centre's answer to a request, and why it was not merged as wished. */
export type TakenDown = Schemas['DispatchOut'] & { unmerged?: string }

export type Letter = RequestLetter | CallLetter | (StepLetter & { kind: 'step' })
/** The centre remembers a key for a day; a letter sent again later could take effect twice. */
const KEY_LIVES_MS = 23 * 3_600_000

export const post = createOutbox<Letter>({
  perform: async (step) => {
    if (step.kind === 'call') return tellCall(step)
    if (now() - step.at > KEY_LIVES_MS) throw new Problem(t('desk.unsent.tooOld'), 'too_old', 409)
    return step.kind === 'request' ? takeDown(step) : tellStep(step)
  },
  replaces: (earlier, later) => earlier.kind === 'call' && later.kind === 'call' && earlier.subject === later.subject,
})

/** The centre has refused this letter. */
export class Refused extends Problem {
  constructor(
    { message, code, status, facts }: Problem,
    readonly letter: string,
  ) {
    super(message, code, status, facts)
  }
}

/** Send a step. Return the centre's answer, or null while it waits in the post. Throws Refused. */
export async function tell<Given>(
  letter: StepLetter<Given>,
  title: string,
  key = newKey(),
): Promise<{ given: Given } | null> {
  const tried = await post.say({ kind: 'step', ...letter }, title, key)
  if (tried && 'problem' in tried) throw new Refused(tried.problem, key)
  return tried as { given: Given } | null
}

const stepsOf = (steps: readonly Step<Letter>[], subject: string) =>
  steps.filter((one) => one.kind === 'step').filter((one) => one.subject === subject)
/** Return the steps on this subject that wait in the post. */
export const waitingFor = (subject: string) => stepsOf(post.late.value, subject)
export const waits = (subject: string, name: string) => waitingFor(subject).some((one) => one.name === name)
/** Return the steps on this subject that the centre refused. */
export const refusedOf = (subject: string) => stepsOf(post.refused.value, subject)

async function takeDown(step: Step<RequestLetter>): Promise<TakenDown> {
  const params = { header: { 'Idempotency-Key': step.id } }
  const given: TakenDown = await answer(api.POST('/api/v1/requests', { params, body: step.body }))
  if (step.parent) await mergeInto(given, step.parent)
  return given
}

/** Merge the new request into another. A refusal is kept in `unmerged`. Throws Problem if nobody answers. */
export async function mergeInto(given: TakenDown, parent: string): Promise<void> {
  const params = { path: { request_id: given.request.id } }
  const merged = answer(api.PUT('/api/v1/requests/{request_id}/parent', { params, body: { parent_id: parent } }))
  await merged
    .then((request) => (given.request = request))
    .catch((problem) => {
      // The request exists and can be merged by hand; failing as a whole would create it again.
      if (!(problem instanceof Problem) || !problem.code || problem.status >= 500) throw problem
      given.unmerged = problem.message
    })
}

async function tellStep({ id, told: { method, path, init }, after }: Step<StepLetter & { kind: 'step' }>) {
  if (after && post.refused.value.some((one) => one.id === after))
    throw new Problem(t('desk.unsent.before'), 'before_refused', 409)
  const params = { ...init.params, header: { ...init.params?.header, 'Idempotency-Key': id } }
  return answer(api.request(method, path as never, { ...init, params } as never))
}

function tellCall({ subject, body }: CallLetter): Promise<Schemas['CallOut']> {
  const params = { path: { call_id: subject } }
  // Its request was refused meanwhile: the call stays open until somebody says how it ended.
  const nothing = body.status === 'ended' && !body.outcome && !body.request_ids?.length
  return answer(
    api.PUT('/api/v1/calls/{call_id}', {
      params,
      body: nothing ? { ...body, status: 'ongoing', ended_at: null } : body,
    }),
  )
}
