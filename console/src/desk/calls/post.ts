/** What the desk tells the centre, kept on this device for this operator until the centre has answered. */
import type { ClientPathsWithMethod, MaybeOptionalInit, MethodResponse } from 'openapi-fetch'

import { answer, api, newKey, Problem, type Schemas } from '@/kit/api'
import { now } from '@/kit/clock'
import { t } from '@/kit/locale'
import { createOutbox, type Step } from '@/kit/outbox'
import type { paths } from '@/kit/schema'

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

type Method = 'put' | 'post' | 'patch' | 'delete'

/** A step as the API takes it; `Given` is what it answers. */
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

/** Whatever else is told: of a request, a firm, a citizen. */
export interface StepLetter<Given = unknown> {
  /** What it is about: what is said of one goes out in its order. */
  subject: string
  /** Which step it is, as its form is called. */
  name: string
  told: ApiStep<Given>
  /** As it was typed, to be mended if the centre refuses it: into the form, */
  words?: object
  /** of the request of this number, as these were on the line; */
  number?: number
  phone?: string
  rang?: string | null
  /** or into the call in hand. */
  draft?: Draft
  /** The letter without which this one means nothing. */
  after?: string
}

/** What the centre made of a request; why it was not merged as wished. */
export type TakenDown = Schemas['DispatchOut'] & { unmerged?: string }

export type Letter = RequestLetter | CallLetter | (StepLetter & { kind: 'step' })
/** The centre knows a key for a day: what is sent again later could be done twice. */
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

/** Tell a step: what the centre gave, or null while it waits in the post. Throws Refused. */
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
/** What waits in the post to be told of this; */
export const waitingFor = (subject: string) => stepsOf(post.late.value, subject)
export const waits = (subject: string, name: string) => waitingFor(subject).some((one) => one.name === name)
/** and what the centre refused of it. */
export const refusedOf = (subject: string) => stepsOf(post.refused.value, subject)

async function takeDown(step: Step<RequestLetter>): Promise<TakenDown> {
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

async function tellStep({ id, told: { method, path, init }, after }: Step<StepLetter & { kind: 'step' }>) {
  if (after && post.refused.value.some((one) => one.id === after))
    throw new Problem(t('desk.unsent.before'), 'before_refused', 409)
  const params = { ...init.params, header: { ...init.params?.header, 'Idempotency-Key': id } }
  return answer(api.request(method, path as never, { ...init, params } as never))
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
