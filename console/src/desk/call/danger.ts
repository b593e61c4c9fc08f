/** Dangers come first: one that is detected or marked is recorded and relayed in one step, without an address. */
import { computed } from 'vue'

import { answer, api, newKey, type Schemas } from '@/kit/api'
import { t } from '@/kit/locale'

import { openCall, titleOf } from '../calls/calls'
import { type ApiStep, apiStep, post, Refused, type RequestLetter, tell } from '../calls/post'
import { barePhone, bodyOf, call, type Draft, PHONE, told } from './call'
import { type Line, reference } from '../reference'
import { type Danger, heard, undecided } from './heard'

/** The danger that the operator marked, else those detected and not dismissed. */
export const dangers = computed<readonly Danger[]>(() => {
  const named = call.draft.danger
  if (!named) return undecided(call.draft)
  const found = [...heard.said.value, ...heard.described.value].find(({ kind }) => kind === named)
  return [found ?? reference.dangers.get(named)!].filter(Boolean)
})

/** Return the request of the danger, or its letter's key until the centre has it. */
const aboutNow = () => call.recorded?.id ?? call.recording

/** The lines that it is being relayed to. */
export const linesWaiting = computed(() =>
  post.late.value.flatMap((letter) => {
    if (letter.kind === 'request') return letter.id === call.recording ? [letter.body.relay!.to] : []
    const { init } = letter.kind === 'step' && letter.name === 'dangerRelay' ? letter.told : { init: undefined }
    const isThis = (init?.params?.path as { request_id?: string } | undefined)?.request_id === aboutNow()
    return isThis ? [(init!.body as Schemas['DangerRelayIn']).line] : []
  }),
)

/** Return the first line with a number that does not have the danger yet. */
export function nextLine(danger: Danger | undefined): Line | undefined {
  const lines = [...(call.recorded?.lines ?? []), ...linesWaiting.value]
  return danger?.lines.find((line) => line.number && !lines.includes(told(line)))
}

/** Return the request to record. An incomplete number does not hold it up; it is left out. */
function bodyFor(draft: Draft, danger: Danger, line: Line): Schemas['RequestIn'] {
  const known = draft.withheld || PHONE.test(barePhone(draft.phone))
  const body = bodyOf(known ? draft : { ...draft, phone: '', withheld: true }, 'keep')
  return { ...body, danger: danger.kind, danger_dismissed: false, relay: { to: told(line), outside_number: null } }
}

/** Record that the line has the danger. The first time this creates the request. Throws Problem. */
export async function relay(danger: Danger, line: Line): Promise<void> {
  const request_id = aboutNow()
  if (request_id) {
    const { recorded, recording } = call
    const params = { path: { request_id } }
    const body = { line: told(line) }
    const step = apiStep('put', '/api/v1/requests/{request_id}/danger/relay', { params, body })
    const subject = recorded ? request_id : call.id
    const letter = { subject, name: 'dangerRelay', told: step, number: recorded?.number, after: recording || undefined }
    await tell(letter, `${titleOf(call.draft.item, call.draft.phone)} · ${t('desk.steps.dangerRelay')} ${told(line)}`)
    return
  }
  call.draft.danger = danger.kind
  call.draft.item ||= danger.item
  openCall()
  const key = (call.recording = newKey())
  const tried = await post.say(letterOf(danger, line), titleOf(call.draft.item, call.draft.phone), key)
  if (tried && 'problem' in tried) throw new Refused(tried.problem, key)
}

function letterOf(danger: Danger, line: Line): RequestLetter {
  const draft = JSON.parse(JSON.stringify(call.draft)) as Draft
  return { kind: 'request', subject: call.id, outcome: 'relay', draft, body: bodyFor(draft, danger, line) }
}

/** Add to the recorded request what was learnt since, and dispatch it if asked. Return null while this waits in the
 * post. Throws Problem. */
export async function complete(dispatch: boolean, reason: string): Promise<Schemas['DispatchOut'] | null> {
  const { id, number, body, version = 1 } = call.recorded!
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
  const say = <Given>(name: string, told: ApiStep<Given>, more: { words?: object; after?: string }, key?: string) =>
    tell({ subject: id, number, name, told, ...more }, `${number} · ${t(`desk.steps.${name}`)}`, key)
  let corrected: { given: Schemas['RequestOut'] } | null | undefined
  let after: string | undefined
  if (Object.keys(learnt).length) {
    after = newKey()
    const params = { path, header: { 'If-Match': `"${version}"` } }
    const told = apiStep('patch', '/api/v1/requests/{request_id}', { params, body: { ...learnt, reason } })
    corrected = await say('correct', told, { words: { ...learnt, reason } }, after)
    if (corrected) Object.assign(call.recorded!, { version: corrected.given.version, body: { ...body, ...now } })
  }
  if (dispatch) {
    const told = apiStep('put', '/api/v1/requests/{request_id}/dispatch', { params: { path } })
    return (await say('dispatch', told, { after }))?.given ?? null
  }
  if (corrected === null) return null
  return {
    request: corrected?.given ?? (await answer(api.GET('/api/v1/requests/{request_id}', { params: { path } }))),
    matching: null,
    offers: [],
    unmatched_reason: null,
    surge: false,
    deferred_until: null,
  } as Schemas['DispatchOut']
}
