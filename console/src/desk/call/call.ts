/** The current call: what was typed survives a reload and is sent under a key that makes a retry harmless. */
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
  /** The number is withheld, or there is none. */
  withheld: boolean
  name: string
  /** The caller calls for somebody else. */
  forAnother: boolean
  helpedName: string
  helpedPhone: string
  providerCalls: Who
  calledBack: Who
  /** A number that the provider may call, if the caller's own reaches nobody. */
  contactPhone: string
  unannounced: boolean
  area: string
  /** One of the centre's own places, in the area. */
  place: Schemas['PlaceFound'] | null
  address: string
  /** The address that was filled in, not typed; the next one filled in may replace it. */
  filled: string
  /** The place is the caller's place on record, not one named in this call. */
  stored: boolean
  item: string
  /** What was typed to find the item, often the caller's own words. */
  said: string
  /** The items suggested when the item was picked. */
  suggested: string[]
  description: string
  /** The answers to the item's questions, by question code. */
  details: Record<string, string>
  /** Words that were typed to find the place but named none; they are sent with the address. */
  somewhere: string
  /** The lines of the danger's script that were read out. */
  spoken: string[]
  tier: Tier | ''
  /** The item and number for which the operator chose the tier; '' if the tier is only proposed. */
  tierFor: string
  /** The tier that the caller agrees to if the one asked for is not open to them. */
  pays: Tier | ''
  quantity: string
  when: When
  from: string
  to: string
  provider: string
  answer: string
  /** The article versions whose text is in the answer, the latest last. */
  articles: Taken[]
  relayTo: string
  outsideNumber: string
  /** Who is in danger, if the operator said so. */
  inDanger: Schemas['InDanger'] | ''
  /** The danger that the operator marked or relayed. */
  danger: Schemas['DangerKind'] | ''
  /** Dangers that the operator dismissed; those detected later are not included. */
  harmless: Schemas['DangerKind'][]
}

/** A danger that was recorded and relayed while the call goes on. */
export interface Recorded {
  id: string
  number: number
  lines: string[]
  /** As it was recorded. */
  body: Schemas['RequestIn']
  version?: number
}

export interface Call {
  /** Its key at the centre; '' until something is sent about it. */
  id: string
  /** The number that the phone showed, or that was typed. */
  rang: string
  /** When it began, in milliseconds of the centre's time; 0 if there is no call. */
  began: number
  /** The requests created or opened in it. */
  requests: string[]
  /** When something was last sent; from then on the next call may end this one without asking. */
  acted: number
  draft: Draft
  /** The key of a danger being sent to the centre. */
  recording: string
  recorded: Recorded | null
  /** The key of the request being sent to the centre. */
  sending: string
}

/** Return an empty draft. What a phone shows instead of a number (anonymous, unknown) counts as no number. */
export function emptyDraft(phone = ''): Draft {
  const shown = /\d/.test(phone)
  return {
    phone: shown ? phone : '',
    withheld: phone !== '' && !shown,
    name: '',
    forAnother: false,
    helpedName: '',
    helpedPhone: '',
    providerCalls: 'helped',
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
    inDanger: '',
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
/** The item is being looked up; typing continues meanwhile. */
export const lookingUp = ref(false)
/** The place is being looked up. */
export const locating = ref(false)
/** The centre is being asked which tiers are open to the caller; a decision waits for it. */
export const asking = ref(false)
/** A danger is being relayed; a decision waits for it. */
export const relaying = ref(false)

const works = shallowReactive(new Set<Ref<boolean>>())
/** While this work goes on, the current call stays and takes no other decision. */
export function holdsCall(work: Ref<boolean>): void {
  works.add(work)
  onScopeDispose(() => works.delete(work))
}
/** Whether a decision is waiting or being sent; until it is out, no other call replaces this one. */
export const leaving = computed(() => Boolean(call.sending) || [...works].some((work) => work.value))

/** Begin another call, or none. What was typed for the last one is discarded. */
export function beginCall(phone = ''): void {
  Object.assign(call, noCall(phone))
  if (phone) tally.ring(performance.now())
}

/** Clear what was typed, because it was sent or is not wanted; the call goes on. */
export function clearDraft(): void {
  Object.assign(call, { draft: emptyDraft(), recording: '', recorded: null, sending: '' })
}

/** Return whether the operator typed or chose something that the number alone would not restore. */
export function isTouched(draft: Draft): boolean {
  const { item, description, answer, said, somewhere, helpedName, helpedPhone, contactPhone, outsideNumber } = draft
  const texts = [item, description, answer, said, somewhere, helpedName, helpedPhone, contactPhone, outsideNumber]
  const placed = draft.area !== '' && !draft.stored
  return placed || draft.danger !== '' || draft.address !== draft.filled || texts.some((text) => text.trim() !== '')
}

/** Return whether somebody is on the line as far as the desk knows: it rang, or something was typed. */
export function isInHand(one: Call): boolean {
  const { phone, withheld } = one.draft
  return Boolean(one.id || one.requests.length || phone.trim() || withheld || one.recorded) || isTouched(one.draft)
}

const SERVICE = /^(11\d|12[0-2]|12\d{3}|100\d{2}|9[56]\d{3,4}|[48]00\d{7})(,|$)/
/** What looks like a whole number; the centre decides whether it is one. */
export const PHONE =
  /^(1[3-9]\d{9}|0[1-9]\d{8,10}|[2-8]\d{6,7}|(\+|00)[1-9]\d{6,14}|11\d|12[0-2]|12\d{3}|100\d{2}|9[56]\d{3,4}|[48]00\d{7})(,\d{1,8})?$/
const EXTENSION = /^(.*?[0-9)])(?:转|轉|分[机機]|内[线線]|內線|ext|[#,;*xpw])[^0-9+]*(\d{1,8})[)#]*$/
const TRAILING = /^(.*\d)[-(](\d{1,6})\)?$/

/** Set the place, with the rest of the caller's words as the address unless one was typed. */
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

/** Clear the place: the caller is somewhere else, so nobody may be sent there. */
export function leavePlace(draft: Draft): void {
  if (draft.address === draft.filled) draft.address = ''
  Object.assign(draft, { area: '', place: null, filled: '', stored: false })
}

type Stored = Pick<Schemas['CallerOut'], 'community_code' | 'address'>

/** Set the caller's place on record. */
export function takeStored(draft: Draft, { community_code, address }: Stored): void {
  if (!community_code) return
  leavePlace(draft)
  Object.assign(draft, { area: community_code, stored: true, somewhere: '' })
  draft.address ||= draft.filled = address ?? ''
}

/** Fill in what the caller's record says where nothing was typed yet. */
export function fillIn(draft: Draft, who: Stored & { name: string | null }): void {
  draft.name ||= who.name ?? ''
  if (!draft.area && !draft.address.trim() && !draft.somewhere.trim()) takeStored(draft, who)
}

/** Change the caller; what was typed of the request stays. */
export function changeCaller(phone: string): void {
  const { draft } = call
  if (draft.stored) leavePlace(draft)
  Object.assign(draft, { phone, withheld: false, name: '', contactPhone: '', unannounced: false, provider: '' })
}

/** Return a typed number in the form that the centre searches by: digits without separators, an extension after a
 * comma. */
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

/** Return whether it is a whole number of a person's own, not a service line, which reaches nobody. */
export function hasOwn(typed: string): boolean {
  const bare = barePhone(typed)
  return PHONE.test(bare) && !SERVICE.test(bare)
}

/** Return whether the call gave no number at which the provider could reach anybody. */
export function nobodyToCall(draft: Draft): boolean {
  const lost = draft.withheld || SERVICE.test(barePhone(draft.phone))
  return lost && !(draft.forAnother && hasOwn(draft.helpedPhone))
}

/** Return the number of the person helped, which their entitlements follow; '' if there is none. */
export function helpedNumber(draft: Draft): string {
  const typed = draft.forAnother ? draft.helpedPhone : draft.phone
  return hasOwn(typed) ? barePhone(typed) : ''
}

/** Propose this tier unless the operator chose one for the item and the number. */
export function proposeTier(draft: Draft, tier: Tier | undefined): void {
  if (draft.tierFor !== `${draft.item} ${helpedNumber(draft)}`)
    Object.assign(draft, { tier: tier ?? '', tierFor: '', pays: '' })
}

/** Set the tier that the operator chose; it stays for this item and number. */
export function chooseTier(draft: Draft, tier: Tier): void {
  Object.assign(draft, { tier, tierFor: `${draft.item} ${helpedNumber(draft)}` })
}

/** Return the request number of a text such as #100935, which may be typed into the caller's number field. */
export function numberIn(typed: string): string | undefined {
  return /^#(\d{1,12})$/.exec(barePhone(typed))?.[1]
}

/** Return the outcome that the main key leads to for the item. */
export function usualOutcome(item: Item | undefined): Outcome {
  if (item?.kind === 'info') return 'answer'
  return item?.kind === 'relay' ? 'relay' : 'dispatch'
}

/** Return why the current call cannot have this outcome, as the name of a message; '' if it can. */
export function whyNot(outcome: Outcome): '' | 'recordedAlready' | 'notDispatchable' {
  if (call.recorded && (outcome === 'answer' || outcome === 'keep')) return 'recordedAlready'
  const item = reference.items.get(call.draft.item)
  return outcome === 'dispatch' && item && !isDispatched(item) ? 'notDispatchable' : ''
}

/** Return whether a provider is sent for the item. */
export const isDispatched = ({ dispatchable, kind }: Item) => dispatchable && kind !== 'info'

/** Return how the centre knows the line: by its number, or by its name if it has no number yet. */
export const told = (line: Line) => line.number ?? line.zh

/** Return the item's lines in the order to call them, then all others in the catalogue. */
export function linesOf(item: Item | undefined): Line[] {
  const all = [...(item?.lines ?? []), ...[...reference.items.values()].flatMap(({ lines }) => lines)]
  return [...new Map(all.map((line) => [told(line), line])).values()]
}

export type Missing =
  'phone' | 'helpedPhone' | 'contactPhone' | 'item' | 'area' | 'address' | 'quantity' | 'answer' | 'relayTo'

/** Return whether a provider could find the place. A community is enough if somebody can be called for directions; a
 * whole township never is. */
export function isFindable(draft: Draft): boolean {
  const known = Boolean(draft.place || draft.address.trim() || draft.somewhere.trim())
  return known || (reference.communities.has(draft.area) && !(nobodyToCall(draft) && draft.unannounced))
}

/** Return the first field that this outcome still needs. */
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
    contact: both && draft.providerCalls === 'caller' ? caller : other,
    callback: both && draft.calledBack === 'helped' ? helped : null,
    unannounced: nobodyToCall(draft) && !other && draft.unannounced,
  }
}

/** Return the request as the API takes it. The caller's own words or the item's name replace a missing description. */
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
