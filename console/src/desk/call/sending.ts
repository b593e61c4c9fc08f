/** Answers, relays or dispatches the current call: once, as soon as everything it needs is known. */
import { computed, nextTick, type Ref, ref, shallowRef, watch } from 'vue'

import { newKey } from '@/kit/api'
import { now } from '@/kit/clock'
import { t } from '@/kit/locale'

import { useAct } from '../act'
import { bringBack, openCall, titleOf, touch } from '../calls/calls'
import { mergeInto, post, type TakenDown } from '../calls/post'
import {
  bodyOf,
  call,
  clearDraft,
  type Draft,
  holdsCall,
  leaving,
  type Missing,
  missing,
  type Outcome,
  tally,
  whyNot,
} from './call'
import { complete } from './danger'
import { type Danger, heard } from './heard'
import { refuse } from './refusal'
import { reference } from '../reference'

/** The outcome of a request, and what it cost the operator. */
export interface Given {
  given: TakenDown
  outcome: Outcome
  cost: ReturnType<typeof tally.result>
  /** As it was typed, if it may be undone. */
  draft?: Draft
}

/** What the operator decided, and the request to merge into, if any. */
interface Wish {
  outcome: Outcome
  parent?: string
}

/** How long a decision waits for a look-up. After that it is sent with what the operator has chosen. */
export const PATIENCE_MS = 8_000

/** `settling`: a look-up is pending, and a decision waits for it. `done` runs after each request. */
export function useSending(settling: Ref<boolean>, done: () => void) {
  const gap = ref<Missing | null>(null)
  const waiting = shallowRef<Wish | null>(null)
  const result = shallowRef<Given | null>(null)
  /** The number of the request undone last. */
  const undone = ref(0)
  const { busy, problem, run } = useAct()
  let wish: Wish = { outcome: 'keep' }
  holdsCall(computed(() => busy.value || waiting.value !== null))

  watch(
    () => ({ ...call.draft }),
    () => missing(call.draft, wish.outcome) !== gap.value && (gap.value = null),
  )
  watch(
    () => call.draft,
    () => (heard.refused.value = []),
  )
  watch(settling, (still) => still || waited())
  watch(waiting, (now, _, onCleanup) => {
    if (!now) return
    const timer = setTimeout(waited, PATIENCE_MS)
    onCleanup(() => clearTimeout(timer))
  })

  function send(outcome: Outcome, parent?: string): void {
    if (leaving.value) return
    undone.value = 0
    wish = { outcome, parent }
    if (settling.value) waiting.value = wish
    else put(wish)
  }

  function waited(): void {
    const wish = waiting.value
    waiting.value = null
    if (wish) put(wish)
  }

  /** Repeat the last decision. */
  const again = () => send(wish.outcome, wish.parent)

  function put({ outcome, parent }: Wish): void {
    // Sent beside it, the danger would become two requests.
    if (call.recording) return refuse(t('desk.recordingStill'))
    const why = parent ? '' : whyNot(outcome)
    if (why) return refuse(t(`desk.${why}`))
    gap.value = missing(call.draft, call.recorded && outcome !== 'dispatch' ? 'keep' : outcome)
    const field = gap.value
    if (field) void nextTick(() => document.getElementById(`desk-${field}`)?.focus())
    else void run(() => deliver(outcome, parent))
  }

  async function deliver(outcome: Outcome, parent?: string): Promise<void> {
    if (call.recorded) {
      const given: TakenDown | null = await complete(outcome === 'dispatch', t('desk.learntLater'))
      if (!given) return goOn() // it is in the post
      if (parent) await mergeInto(given, parent)
      touch(given.request.id)
      finish({ given, outcome: outcome === 'dispatch' ? 'dispatch' : 'relay', cost: tally.result(performance.now()) })
      return
    }
    openCall()
    const draft = JSON.parse(JSON.stringify(call.draft)) as Draft
    const letter = { kind: 'request' as const, subject: call.id, outcome, parent, draft, body: bodyOf(draft, outcome) }
    const key = (call.sending = newKey())
    const tried = await post.say(letter, titleOf(draft.item, draft.phone), key)
    call.sending = ''
    if (tried && 'problem' in tried) {
      post.dismiss({ id: key })
      const danger = reference.dangers.get(tried.problem.facts['danger'] as Danger['kind'])
      heard.refused.value = danger ? [danger] : []
      throw tried.problem
    }
    if (tried) finish({ given: tried.given as TakenDown, outcome, cost: tally.result(performance.now()), draft })
    else goOn() // it is in the post
  }

  function goOn(): void {
    call.acted = now()
    clearDraft()
    done()
  }

  function finish(given: Given): void {
    result.value = given
    goOn()
  }

  /** Bring the undone request back as it was typed. */
  function takeBack(): void {
    const { given, draft } = result.value!
    undone.value = given.request.number
    result.value = null
    bringBack(draft!, given.request.id)
  }

  return { send, again, gap, waiting, problem, result, undone, takeBack }
}
