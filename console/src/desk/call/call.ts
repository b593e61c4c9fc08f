/** The call in hand: what was typed, kept over a reload, and sent under a key that makes a second try harmless. */
import { computed, onScopeDispose, reactive, ref, type Ref, shallowReactive } from 'vue'

import type { Schemas } from '@/kit/api'
import { sameForm } from '@/kit/names'
import { isCounted, quantityOf } from '@/kit/quantity'

import type { Taken } from '../knowledge/articles'
import { type Item, type Line, reference } from '../reference'
import { undecided } from './heard'
import { Tally } from './tally'
import type { Tier } from './tiers'
import { type When, windowOf } from './when'

export type Outcome = 'answer' | 'relay' | 'dispatch' | 'keep'

export const PEOPLE = ['helped', 'caller'] as const
export type Who = (typeof PEOPLE)[number]

export interface Draft {
  phone: string
  /** The number is not shown, or there is none. */
  withheld: boolean
  name: string
  /** The caller calls for somebody else. */
  forAnother: boolean
  helpedName: string
  helpedPhone: string
  firmCalls: Who
  calledBack: Who
  /** A number that the firm may call, where the caller's own leads to nobody. */
  contactPhone: string
  unannounced: boolean
  area: string
  /** One of the centre's own, in the area. */
  place: Schemas['PlaceFound'] | null
  address: string
  /** The address as it was filled in, not typed: what is filled in next may replace it. */
  filled: string
  /** The place is the one that the centre keeps for the caller; nobody has said it in this call. */
  stored: boolean
  item: string
  /** What was typed to find the item: often the caller's own words. */
  said: string
  /** What was suggested for it when the item was picked. */
  suggested: string[]
  description: string
  /** What was answered to the item's questions, by their codes. */
  details: Record<string, string>
  /** What was typed to find the place and named none; it is kept with the address. */
  somewhere: string
  /** The lines of a danger's script that were said. */
  spoken: string[]
  tier: Tier | ''
  /** For what item and number the operator chose the tier; empty where it is proposed only. */
  tierFor: string
  /** Up to which tier the caller agreed to go, if the one asked for is not open to them. */
  pays: Tier | ''
  quantity: string
  when: When
  from: string
  to: string
  provider: string
  answer: string
  /** The versions whose words are in the answer, the latest last. */
  articles: Taken[]
  relayTo: string
  outsideNumber: string
  /** The danger that the operator named, or relayed. */
  danger: Schemas['DangerKind'] | ''
  /** What was heard and is no danger, says the operator; what is heard later is not meant by it. */
  harmless: Schemas['DangerKind'][]
}

/** A danger that was taken down and relayed while the call goes on. */
export interface Recorded {
  id: string
  number: number
  lines: string[]
  /** As it was taken down. */
  body: Schemas['RequestIn']
  version?: number
}

export interface Call {
  /** Its key at the centre; none before anything is told of it. */
  id: string
  /** The number that the telephone showed, or that was typed. */
  rang: string
  /** When it began, by the centre's time in ms; 0 while there is none. */
  began: number
  /** What was taken down or opened in it. */
  requests: string[]
  /** When something was last sent; then the next call may end it without a word. */
  acted: number
  draft: Draft
  /** The key of a danger on its way to the centre. */
  recording: string
  recorded: Recorded | null
  /** The key of what is on its way to the centre. */
  sending: string
}

/** What a telephone shows instead of a number (anonymous, unknown) is a call without one. */
export function emptyDraft(phone = ''): Draft {
  const shown = /\d/.test(phone)
  return {
    phone: shown ? phone : '',
    withheld: phone !== '' && !shown,
    name: '',
    forAnother: false,
    helpedName: '',
    helpedPhone: '',
    firmCalls: 'helped',
    calledBack: 'caller',
    contactPhone: '',
    unannounced: false,
    area: '',
    place: null,
    address: '',
    filled: '',
    stored: false,
    item: '',
    said: '',
    suggested: [],
    description: '',
    details: {},
    somewhere: '',
    spoken: [],
    tier: '',
    tierFor: '',
    pays: '',
    quantity: '1',
    when: 'soon',
    from: '',
    to: '',
    provider: '',
    answer: '',
    articles: [],
    relayTo: '',
    outsideNumber: '',
    danger: '',
    harmless: [],
  }
}

export const tally = new Tally()

export const noCall = (phone = ''): Call => ({
  id: '',
  rang: phone,
  began: 0,
  requests: [],
  acted: 0,
  draft: emptyDraft(phone),
  recording: '',
  recorded: null,
  sending: '',
})
export const call = reactive(noCall())
/** The item was asked for and its name is not back yet; typing goes on meanwhile. */
export const lookingUp = ref(false)
/** Where the caller is was asked for and is not back yet. */
export const locating = ref(false)
/** The centre is asked which tiers are open to the caller; what is decided waits for it. */
export const asking = ref(false)
/** A danger is on its way to its line; what is decided waits for it. */
export const relaying = ref(false)

const works = shallowReactive(new Set<Ref<boolean>>())
/** While this work on the call in hand goes on, the call stays in hand and takes no other decision. */
export function holdsCall(work: Ref<boolean>): void {
  works.add(work)
  onScopeDispose(() => works.delete(work))
}
/** What was decided waits or is on its way; until it is out no other call takes this one's place. */
export const leaving = computed(() => Boolean(call.sending) || [...works].some((work) => work.value))

/** Another call begins, or none; what was typed for the last one is gone. */
export function beginCall(phone = ''): void {
  Object.assign(call, noCall(phone))
  if (phone) tally.ring(performance.now())
}

/** The call goes on, and what was typed is gone: it was sent, or is not wanted. */
export function clearDraft(): void {
  Object.assign(call, { draft: emptyDraft(), recording: '', recorded: null, sending: '' })
}

/** Whether the operator has typed or chosen something that the number alone does not bring back. */
export function isTouched(draft: Draft): boolean {
  const { item, description, answer, said, somewhere, helpedName, helpedPhone, contactPhone, outsideNumber } = draft
  const texts = [item, description, answer, said, somewhere, helpedName, helpedPhone, contactPhone, outsideNumber]
  const placed = draft.area !== '' && !draft.stored
  return placed || draft.danger !== '' || draft.address !== draft.filled || texts.some((text) => text.trim() !== '')
}

/** Whether somebody is on the line, as far as the desk knows: it rang, or a number or anything else was typed. */
export function isInHand(one: Call): boolean {
  const { phone, withheld } = one.draft
  return Boolean(one.id || one.requests.length || phone.trim() || withheld || one.recorded) || isTouched(one.draft)
}

const SERVICE = /^(11\d|12[0-2]|12\d{3}|100\d{2}|9[56]\d{3,4}|[48]00\d{7})(,|$)/
/** What may be a whole number; whether it is one the centre knows. */
export const PHONE =
  /^(1[3-9]\d{9}|0[1-9]\d{8,10}|[2-8]\d{6,7}|(\+|00)[1-9]\d{6,14}|11\d|12[0-2]|12\d{3}|100\d{2}|9[56]\d{3,4}|[48]00\d{7})(,\d{1,8})?$/
const EXTENSION = /^(.*?[0-9)])(?:转|轉|分[机機]|内[线線]|內線|ext|[#,;*xpw])[^0-9+]*(\d{1,8})[)#]*$/
const TRAILING = /^(.*\d)[-(](\d{1,6})\)?$/

/** Take where the caller is, with what is left over of their words as the address, unless one was typed. */
export function locate(draft: Draft, found: Schemas['PlaceFound']): void {
  const area = found.community_code ?? found.township_code
  const place = found.kind === 'place' ? found : null
  if (draft.area === area && draft.place?.code === place?.code) return
  draft.area = area
  draft.place = place
  draft.stored = false
  if (draft.address === draft.filled || !draft.address.trim())
    draft.address = draft.filled = (place?.zh ?? '') + found.left_over
}

/** The caller is somewhere else: what was chosen or filled in is not where anybody is sent. */
export function leavePlace(draft: Draft): void {
  if (draft.address === draft.filled) draft.address = ''
  Object.assign(draft, { area: '', place: null, filled: '', stored: false })
}

type Stored = Pick<Schemas['CallerOut'], 'community_code' | 'address'>

/** Take the place that the centre keeps for the caller. */
export function takeStored(draft: Draft, { community_code, address }: Stored): void {
  if (!community_code) return
  leavePlace(draft)
  Object.assign(draft, { area: community_code, stored: true, somewhere: '' })
  draft.address ||= draft.filled = address ?? ''
}

/** What the card of the caller says fills in what nobody has said yet. */
export function fillIn(draft: Draft, who: Stored & { name: string | null }): void {
  draft.name ||= who.name ?? ''
  if (!draft.area && !draft.address.trim() && !draft.somewhere.trim()) takeStored(draft, who)
}

/** Somebody else is the caller; what they want stays as it was typed. */
export function changeCaller(phone: string): void {
  const { draft } = call
  if (draft.stored) leavePlace(draft)
  Object.assign(draft, { phone, withheld: false, name: '', contactPhone: '', unannounced: false, provider: '' })
}

/** The digits to ask the centre for, which knows the one form: without what stands between them, and the extension
 * behind a comma. */
export function barePhone(typed: string): string {
  const text = sameForm(typed)
  const marked = EXTENSION.exec(text)
  if (marked) return `${bareNumber(marked[1]!)},${marked[2]!}`
  const whole = bareNumber(text)
  const trailing = PHONE.test(whole) ? null : TRAILING.exec(text)
  const base = trailing ? bareNumber(trailing[1]!) : ''
  return PHONE.test(base) ? `${base},${trailing![2]!}` : whole
}

function bareNumber(text: string): string {
  const bare = text.replace(/^tel:/, '').replace(/[-()·./~_ー]/g, '')
  const here = bare.replace(/^(?:(?:\+|00)86|86(?=\d{9,}$))/, '')
  const mobile = /^0?(1[3-9]\d{9})$/.exec(here)
  if (mobile) return mobile[1]!
  return here === bare || here.startsWith('0') || here.length < 9 ? here : `0${here}`
}

/** Whether it is a whole number of somebody's own: no service line, which leads to nobody. */
export function hasOwn(typed: string): boolean {
  const bare = barePhone(typed)
  return PHONE.test(bare) && !SERVICE.test(bare)
}

/** Whether the call gave no number under which the firm could reach anybody. */
export function nobodyToCall(draft: Draft): boolean {
  const lost = draft.withheld || SERVICE.test(barePhone(draft.phone))
  return lost && !(draft.forAnother && hasOwn(draft.helpedPhone))
}

/** The number of whoever is helped, by which they are entitled; empty where there is none. */
export function helpedNumber(draft: Draft): string {
  const typed = draft.forAnother ? draft.helpedPhone : draft.phone
  return hasOwn(typed) ? barePhone(typed) : ''
}

/** Propose this tier where the operator chose none for the item and the number. */
export function proposeTier(draft: Draft, tier: Tier | undefined): void {
  if (draft.tierFor !== `${draft.item} ${helpedNumber(draft)}`)
    Object.assign(draft, { tier: tier ?? '', tierFor: '', pays: '' })
}

/** The operator chooses this tier; it stays so for the item and the number. */
export function chooseTier(draft: Draft, tier: Tier): void {
  Object.assign(draft, { tier, tierFor: `${draft.item} ${helpedNumber(draft)}` })
}

/** The request number in #100935, which may be typed where the caller's number stands. */
export function numberIn(typed: string): string | undefined {
  return /^#(\d{1,12})$/.exec(barePhone(typed))?.[1]
}

/** What becomes of a request for the item when the operator just presses the main key. */
export function usualOutcome(item: Item | undefined): Outcome {
  if (item?.kind === 'info') return 'answer'
  return item?.kind === 'relay' ? 'relay' : 'dispatch'
}

/** Why nothing can become of the call in hand in this way, as a message's name; empty where it can. */
export function whyNot(outcome: Outcome): '' | 'recordedAlready' | 'notDispatchable' {
  if (call.recorded && (outcome === 'answer' || outcome === 'keep')) return 'recordedAlready'
  const item = reference.items.get(call.draft.item)
  return outcome === 'dispatch' && item && !isDispatched(item) ? 'notDispatchable' : ''
}

/** Whether somebody is sent for it, rather than told something. */
export const isDispatched = ({ dispatchable, kind }: Item) => dispatchable && kind !== 'info'

/** What is told to the centre of the line: its number, or its name where it has none yet. */
export const told = (line: Line) => line.number ?? line.zh

/** The lines of the item, the first to be called first, and then all that the catalogue knows. */
export function linesOf(item: Item | undefined): Line[] {
  const all = [...(item?.lines ?? []), ...[...reference.items.values()].flatMap(({ lines }) => lines)]
  return [...new Map(all.map((line) => [told(line), line])).values()]
}

export type Missing =
  'phone' | 'helpedPhone' | 'contactPhone' | 'item' | 'area' | 'address' | 'quantity' | 'answer' | 'relayTo'

/** Whether whoever comes could find it: in a community they call and ask; in a whole township, or with nobody to call,
 * they need more than that. */
export function isFindable(draft: Draft): boolean {
  const known = Boolean(draft.place || draft.address.trim() || draft.somewhere.trim())
  return known || (reference.communities.has(draft.area) && !(nobodyToCall(draft) && draft.unannounced))
}

/** The first field that has still to be filled in for this outcome. */
export function missing(draft: Draft, outcome: Outcome): Missing | null {
  if (!draft.withheld && !PHONE.test(barePhone(draft.phone))) return 'phone'
  if (draft.forAnother && draft.helpedPhone.trim() && !hasOwn(draft.helpedPhone)) return 'helpedPhone'
  if (!draft.item) return 'item'
  if (outcome === 'dispatch' && !draft.area) return 'area'
  if (outcome === 'dispatch' && !isFindable(draft)) return 'address'
  if (quantityOf(draft.quantity) === undefined && isCounted(reference.items.get(draft.item)?.unit)) return 'quantity'
  if (outcome === 'answer' && !draft.answer.trim()) return 'answer'
  const unasked = outcome === 'dispatch' && !draft.unannounced && !hasOwn(draft.contactPhone)
  if (nobodyToCall(draft) && (unasked || (draft.contactPhone.trim() && !hasOwn(draft.contactPhone))))
    return 'contactPhone'
  return outcome === 'relay' && !draft.relayTo.trim() ? 'relayTo' : null
}

const CHINESE = /\p{Script=Han}/u

function peopleOf(draft: Draft) {
  const own = draft.withheld ? null : barePhone(draft.phone)
  const person = (name: string, phone: string) => ({
    name: name.trim() || null,
    phone: hasOwn(phone) ? barePhone(phone) : null,
  })
  const caller = person(draft.name, draft.phone)
  const helped = draft.forAnother ? person(draft.helpedName, draft.helpedPhone) : null
  const both = helped?.phone && caller.phone
  const other = nobodyToCall(draft) && hasOwn(draft.contactPhone) ? person(draft.name, draft.contactPhone) : null
  return {
    phone: own,
    contact_name: caller.name,
    helped,
    contact: both && draft.firmCalls === 'caller' ? caller : other,
    callback: both && draft.calledBack === 'helped' ? helped : null,
    unannounced: nobodyToCall(draft) && !other && draft.unannounced,
  }
}

/** The request as the API takes it. A caller's own words, or the item's name, stand for a description left out. */
export function bodyOf(draft: Draft, outcome: Outcome): Schemas['RequestIn'] {
  const item = reference.items.get(draft.item)
  const text = (value: string) => value.trim() || null
  return {
    channel: 'phone',
    ...peopleOf(draft),
    area: draft.area || null,
    place: draft.place?.code ?? null,
    address: text([draft.area ? '' : draft.somewhere.trim(), draft.address.trim()].join(' ').slice(0, 200)),
    item: draft.item,
    asked: draft.said.trim() ? { words: draft.said.trim().slice(0, 300), suggested: draft.suggested ?? [] } : null,
    description: text(draft.description) ?? (CHINESE.test(draft.said) ? draft.said.trim() : (item?.zh ?? draft.item)),
    details: (item?.asks ?? []).flatMap(({ code: ask }) => {
      const given = text(draft.details[ask] ?? '')
      return given ? [{ ask, answer: given }] : []
    }),
    tier: draft.tier || null,
    tier_fallback: draft.pays || null,
    quantity: (isCounted(item?.unit) && quantityOf(draft.quantity)) || 1,
    ...windowOf(draft.when, draft.from, draft.to),
    chosen_provider_id: draft.provider || null,
    answer: outcome === 'answer' ? draft.answer.trim() : null,
    articles: outcome === 'answer' ? draft.articles.map(({ version }) => version).slice(-10) : [],
    relay: outcome === 'relay' ? { to: draft.relayTo.trim(), outside_number: text(draft.outsideNumber) } : null,
    dispatch: outcome === 'dispatch',
    danger: draft.danger || null,
    danger_dismissed: !draft.danger && draft.harmless.length > 0 && !undecided(draft).length,
  }
}
