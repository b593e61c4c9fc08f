/** Danger before all else: what is heard or named, recorded and relayed in one step, without waiting for an address. */
import { computed } from 'vue'

import { answer, api, newKey, Problem, type Schemas } from '@/kit/api'
import { t } from '@/kit/locale'

import { openCall, titleOf } from '../calls/calls'
import { post, type RequestLetter } from '../calls/post'
import { barePhone, bodyOf, call, type Draft, PHONE, told } from './call'
import { type Line, reference } from '../reference'
import { type Danger, heard, undecided } from './heard'

/** The danger that the operator named; else what was heard and not dismissed. */
export const dangers = computed<readonly Danger[]>(() => {
  const named = call.draft.danger
  if (!named) return undecided(call.draft)
  const found = [...heard.said.value, ...heard.described.value].find(({ kind }) => kind === named)
  return [found ?? reference.dangers.get(named)!].filter(Boolean)
})

/** The first line that does not have it yet. */
export function nextLine(danger: Danger | undefined): Line | undefined {
  const lines = call.recorded?.lines ?? []
  return danger?.lines.find((line) => !lines.includes(told(line)))
}

/** A number that is not complete does not hold it up. */
function bodyFor(draft: Draft, danger: Danger, line: Line): Schemas['RequestIn'] {
  const known = draft.withheld || PHONE.test(barePhone(draft.phone))
  const body = bodyOf(known ? draft : { ...draft, phone: '', withheld: true }, 'keep')
  return { ...body, danger: danger.kind, danger_dismissed: false, relay: { to: told(line), outside_number: null } }
}

/** The line has it now: the first time the request is taken down with it. Throws a Problem. */
export async function relay(danger: Danger, line: Line): Promise<void> {
  if (call.recorded) {
    const params = { path: { request_id: call.recorded.id } }
    const given = await answer(
      api.PUT('/api/v1/requests/{request_id}/danger/relay', { params, body: { line: told(line) } }),
    )
    call.recorded.lines = given.danger_lines ?? []
    return
  }
  call.draft.danger = danger.kind
  call.draft.item ||= danger.item
  openCall()
  const key = call.recording
  const tried = await (key && post.unsent.value.some(({ id }) => id === key)
    ? post.again(key)
    : post.say(letterOf(danger, line), titleOf(call.draft.item, call.draft.phone), (call.recording = newKey())))
  if (!tried) throw new Problem(t('problem.unreachable'))
  if ('given' in tried) return
  post.dismiss({ id: call.recording })
  call.recording = ''
  throw tried.problem
}

function letterOf(danger: Danger, line: Line): RequestLetter {
  const draft = JSON.parse(JSON.stringify(call.draft)) as Draft
  return { kind: 'request', subject: call.id, outcome: 'relay', draft, body: bodyFor(draft, danger, line) }
}

/** What became known after it was recorded goes to the request, which then may be dispatched as well. */
export async function complete(dispatch: boolean, reason: string): Promise<Schemas['DispatchOut']> {
  const { id, body } = call.recorded!
  const now = bodyOf(call.draft, 'keep')
  const learnt = {
    ...(now.area && now.area !== body.area && { area: now.area }),
    ...(now.details!.length &&
      JSON.stringify(now.details) !== JSON.stringify(body.details) && { details: now.details }),
    ...(now.address && now.address !== body.address && { address: now.address }),
    ...(now.item !== body.item && { item: now.item }),
    ...(now.description !== body.description && { description: now.description }),
    ...(now.contact_name && now.contact_name !== body.contact_name && { contact_name: now.contact_name }),
    ...(now.phone && now.phone !== body.phone && { phone: now.phone }),
  }
  const path = { request_id: id }
  let request = await answer(api.GET('/api/v1/requests/{request_id}', { params: { path } }))
  if (Object.keys(learnt).length) {
    const header = { 'If-Match': `"${call.recorded!.version ?? 1}"` }
    request = await answer(
      api.PATCH('/api/v1/requests/{request_id}', { params: { path, header }, body: { ...learnt, reason } }),
    )
    call.recorded!.version = (call.recorded!.version ?? 1) + 1
    call.recorded!.body = { ...body, ...now }
  }
  if (dispatch) return answer(api.PUT('/api/v1/requests/{request_id}/dispatch', { params: { path } }))
  return {
    request,
    matching: null,
    offers: [],
    unmatched_reason: null,
    surge: false,
    deferred_until: null,
  } as Schemas['DispatchOut']
}
