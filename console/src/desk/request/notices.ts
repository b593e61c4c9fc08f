/** Puts the centre's answer to a step into words that can be read out. */
import { answer, api, type Schemas } from '@/kit/api'
import { now } from '@/kit/clock'
import { clockTime, dayTime, money, recently } from '@/kit/format'
import { label, locale, stop, t } from '@/kit/locale'

import { itemName } from '../reference'

type Request = Schemas['RequestOut']
type Job = Schemas['JobOut']
type Dispatched = Schemas['DispatchOut']
/** The outcome of matching, in any answer that has one. */
type Outcome = Pick<Dispatched, 'matching' | 'deferred_until' | 'unmatched_reason'> & {
  offers?: readonly { provider_name: string; expires_at: string }[]
}

export interface Notice {
  text: string
  level?: 'amber' | 'red'
}

const listed = (names: string[]) => new Intl.ListFormat(locale(), { type: 'conjunction' }).format(names)

/** Return whom the request was offered to, or why to nobody yet. */
export function dispatched({ matching, offers = [], deferred_until, unmatched_reason }: Outcome): Notice {
  if (matching === 'offered' && offers.length) {
    const first = offers.map(({ expires_at }) => expires_at).sort()[0]!
    const facts = { names: listed(offers.map((one) => one.provider_name)), time: clockTime(first) }
    return Date.parse(first) > now()
      ? { text: t('desk.result.offered', facts) }
      : { text: t('desk.result.lapsed', facts), level: 'amber' }
  }
  if (matching === 'deferred' && deferred_until)
    return { text: t('desk.result.deferred', { time: dayTime(deferred_until) }), level: 'amber' }
  if (unmatched_reason)
    return { text: t('desk.result.unmatched', { why: t(`desk.reason.${unmatched_reason}`) }), level: 'red' }
  if (matching === 'offered') return { text: t('desk.stands.dispatching') }
  return { text: t(`desk.result.${matching ?? 'postponed'}`), level: matching === 'waiting' ? 'amber' : undefined }
}

/** Return the request's status in words. */
export function standing(request: Request): Notice {
  const { status } = request
  if (status === 'unmatched')
    return {
      text: t('desk.result.unmatched', { why: t(`desk.reason.${request.unmatched_reason ?? 'full'}`) }),
      level: 'red',
    }
  if (status === 'relayed') return { text: t('desk.result.relay', { to: request.relay_to ?? '' }) }
  if (status === 'on_hold') return { text: t('desk.stands.on_hold', { time: dayTime(request.hold_until!) }) }
  return { text: t(`desk.stands.${status}`) }
}

/** Return a warning if a provider reports arrival or completion well before the appointment; '' otherwise. */
export function early(job: Pick<Job, 'appointment_from'>, at: number): string {
  const from = job.appointment_from
  return from && Date.parse(from) - at > EARLY_MS ? t('desk.early', { time: recently(from) }) : ''
}
const EARLY_MS = 30 * 60_000

function ofJob(step: string, job: Job): string {
  const price = (fen: number | null) => (fen === null ? '' : money(fen))
  switch (step) {
    case 'complete':
      return t('desk.noticed.complete', { price: price(job.amount_fen) })
    case 'quote':
      return job.quote_fen === job.agreed_fen
        ? t('desk.agreed', { price: price(job.agreed_fen) })
        : t('desk.quoted', { price: price(job.quote_fen) })
    case 'consent':
      return t('desk.agreed', { price: price(job.agreed_fen) })
    case 'appointment':
      return t('desk.noticed.appointment', { time: dayTime(job.appointment_from!) })
    default:
      return label('JobStatus', job.status)
  }
}

/** Return in one line what a step says about a request. */
export const titleOf = (request: Request, step: string, note = '') =>
  `${request.number} ${itemName(request.item_code)} · ${t(`desk.steps.${step}`)} ${note}`.trim()

const isJob = (given: object): given is Job => 'offer_id' in given && 'appointment_from' in given
const isRequest = (given: object): given is Request => 'relay_to' in given
const isDispatched = (given: object): given is Dispatched => 'matching' in given
const isExtension = (given: object): given is Schemas['ExtensionOut'] => 'complete_by_before' in given

/** Return the notice for a step from the centre's answer; read the request if the answer does not say enough. */
export async function noticeOf(step: string, given: unknown, request: Request): Promise<Notice> {
  const said = typeof given === 'object' && given !== null ? given : {}
  if (isDispatched(said)) return dispatched(said)
  if (isRequest(said)) {
    const notice = standing(said)
    if (step === 'endanger' || (step === 'dangerRelay' && said.danger_lines)) {
      const lines = said.danger_lines ? listed(said.danger_lines) : ''
      return { text: t(`desk.noticed.${step}`, { lines }), level: step === 'endanger' ? 'red' : undefined }
    }
    if (!OWN.has(step)) return notice
    const own = t(`desk.noticed.${step}`, { tier: said.tier_fallback ? label('Tier', said.tier_fallback) : '' })
    return { ...notice, text: `${own} ${notice.text}` }
  }
  if (isExtension(said)) return { text: t('desk.noticed.extension', { time: dayTime(said.until) }) }
  if (isJob(said)) {
    const text = ofJob(step, said)
    if (step === 'return' || step === 'fail') {
      const path = { request_id: request.id }
      const after = standing(await answer(api.GET('/api/v1/requests/{request_id}', { params: { path } })))
      return { ...after, text: `${text}。${after.text}`.replace(/。/g, stop()) }
    }
    const reported = said.completed_at ?? said.started_at
    const before = ['start', 'complete'].includes(step) && reported ? early(said, Date.parse(reported)) : ''
    return before ? { text: `${text.replace(/[.。]$/, '')}${stop()}${before}`, level: 'amber' } : { text }
  }
  return { text: t(`desk.noticed.${step}`) }
}

/** Steps that need a sentence of their own before the request's status. */
const OWN = new Set(['pays', 'dangerBack', 'resume', 'reopen', 'correct', 'separate'])
