/** The call in hand: what was typed, kept over a reload, and sent under a key that makes a second try harmless. */
import { reactive, ref } from 'vue'

import { newKey, type Schemas } from '@/kit/api'
import { sameForm } from '@/kit/names'
import { isCounted, quantityOf } from '@/kit/quantity'

import type { Taken } from '../knowledge/articles'
import { type Item, reference } from '../reference'
import { Tally } from './tally'
import type { Tier } from './tiers'
import { type When, windowOf } from './when'

export type Outcome = 'answer' | 'relay' | 'dispatch' | 'keep'

export interface Draft {
  phone: string
  name: string
  area: string
  address: string
  item: string
  /** What was typed to find the item: often the caller's own words. */
  said: string
  description: string
  tier: Tier | ''
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
}

export interface Sending {
  key: string
  outcome: Outcome
  body: Schemas['RequestIn']
  /** The request into which this one is merged afterwards. */
  parent?: string
}

interface Call {
  draft: Draft
  /** What was sent and is not known to have arrived; it can only be sent again as it was. */
  sending: Sending | null
  /** The number that rings while another call is in hand. */
  ringing: string
}

export function emptyDraft(phone = ''): Draft {
  return {
    phone,
    name: '',
    area: '',
    address: '',
    item: '',
    said: '',
    description: '',
    tier: '',
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
  }
}

export const tally = new Tally()

export const noCall = (): Call => ({ draft: emptyDraft(), sending: null, ringing: '' })
export const call = reactive(noCall())
/** The item was asked for and its name is not back yet; typing goes on meanwhile. */
export const lookingUp = ref(false)
/** The centre is asked which tiers are open to the caller; what is decided waits for it. */
export const asking = ref(false)

/** Another call begins, or none; what was typed for the last one is gone. */
export function beginCall(phone = ''): void {
  call.draft = emptyDraft(phone)
  call.sending = null
  call.ringing = ''
  if (phone) tally.ring(performance.now())
}

/** The phone rings: it is taken up at once unless something was typed that would be lost. */
export function ring(phone: string): void {
  if (call.sending || isTouched(call.draft)) call.ringing = phone
  else beginCall(phone)
}

/** Whether the operator has typed something about what is wanted. */
export function isTouched(draft: Draft): boolean {
  return Boolean(draft.item || draft.description.trim() || draft.answer.trim() || draft.said.trim())
}

export const PHONE = /^(1[3-9]\d{9}|0\d{9,11}|[2-9]\d{6,7})$/

/** One line is one number, whatever its width, spaces, dashes and brackets, +86, or the 0 before a mobile. */
export function barePhone(typed: string): string {
  const bare = sameForm(typed).replace(/[-()·.]/g, '')
  const here = bare.replace(/^(?:(?:\+|00)86|86(?=\d{9,}$))/, '')
  const mobile = /^0?(1[3-9]\d{9})$/.exec(here)
  if (mobile) return mobile[1]!
  return here === bare || here.startsWith('0') ? here : `0${here}`
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

/** The lines that the item's rule names, the first to be called first. */
export function linesOf(item: Item | undefined): string[] {
  const known = item?.rule?.match(/\b(110|119|120|122|12345|12348|12315|95598|96333)\b/g) ?? []
  return [...new Set([...known, '110', '119', '120', '122', '12345'])]
}

export type Missing = 'phone' | 'item' | 'area' | 'quantity' | 'answer' | 'relayTo'

/** The first field that has still to be filled in for this outcome. */
export function missing(draft: Draft, outcome: Outcome): Missing | null {
  if (!PHONE.test(barePhone(draft.phone))) return 'phone'
  if (!draft.item) return 'item'
  if (!draft.area) return 'area'
  if (quantityOf(draft.quantity) === undefined && isCounted(reference.items.get(draft.item)?.unit)) return 'quantity'
  if (outcome === 'answer' && !draft.answer.trim()) return 'answer'
  return outcome === 'relay' && !draft.relayTo.trim() ? 'relayTo' : null
}

const CHINESE = /\p{Script=Han}/u

/** The request as the API takes it. A caller's own words, or the item's name, stand for a description left out. */
export function bodyOf(draft: Draft, outcome: Outcome): Schemas['RequestIn'] {
  const item = reference.items.get(draft.item)
  const text = (value: string) => value.trim() || null
  return {
    channel: 'phone',
    phone: barePhone(draft.phone),
    contact_name: text(draft.name),
    area: draft.area,
    address: text(draft.address),
    item: draft.item,
    description: text(draft.description) ?? (CHINESE.test(draft.said) ? draft.said.trim() : (item?.zh ?? draft.item)),
    tier: draft.tier || null,
    tier_fallback: draft.pays || null,
    quantity: (isCounted(item?.unit) && quantityOf(draft.quantity)) || 1,
    ...windowOf(draft.when, draft.from, draft.to),
    chosen_provider_id: draft.provider || null,
    answer: outcome === 'answer' ? draft.answer.trim() : null,
    articles: outcome === 'answer' ? draft.articles.map(({ version }) => version).slice(-10) : [],
    relay: outcome === 'relay' ? { to: draft.relayTo.trim(), outside_number: text(draft.outsideNumber) } : null,
    dispatch: outcome === 'dispatch',
  }
}

/** Random enough for every call ever; randomUUID would need https. */
/** What to send: the same again while nobody knows whether it arrived, else what is on the screen under a new key. */
export function toSend(outcome: Outcome, parent?: string): Sending {
  call.sending ??= { key: newKey(), outcome, body: bodyOf(call.draft, outcome), parent }
  return call.sending
}
