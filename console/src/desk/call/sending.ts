/** Answering, relaying or dispatching the call in hand: once, and as soon as everything it needs is known. */
import { nextTick, type Ref, ref, shallowRef, watch } from 'vue'

import { newKey } from '@/kit/api'
import { now } from '@/kit/clock'
import { t } from '@/kit/locale'

import { useAct } from '../act'
import { bringBack, openCall, titleOf, touch } from '../calls/calls'
import { post, type TakenDown } from '../calls/post'
import { bodyOf, call, clearDraft, type Draft, type Missing, missing, type Outcome, tally } from './call'
import { complete } from './danger'

/** What became of a call, and what it cost. */
export interface Given {
  given: TakenDown
  outcome: Outcome
  cost: ReturnType<typeof tally.result>
  /** As it was typed, where it may be taken back. */
  draft?: Draft
}

/** `settling`: the caller, the item or the place is still looked up, and what is decided waits for it; `done` follows each call. */
export function useSending(settling: Ref<boolean>, done: () => void) {
  const gap = ref<Missing | null>(null)
  const decided = shallowRef<{ outcome: Outcome; parent?: string } | null>(null)
  const result = shallowRef<Given | null>(null)
  /** The number of what was taken back last. */
  const undone = ref(0)
  const { busy, problem, run } = useAct()
  let wanted: Outcome = 'keep'

  watch(
    () => ({ ...call.draft }),
    () => missing(call.draft, wanted) !== gap.value && (gap.value = null),
  )
  watch(settling, () => {
    const was = decided.value
    decided.value = null
    if (was && !settling.value) send(was.outcome, was.parent)
  })

  function send(outcome: Outcome, parent?: string): void {
    if (call.sending) return
    undone.value = 0
    if (settling.value) {
      decided.value = { outcome, parent }
      return
    }
    wanted = outcome
    gap.value = missing(call.draft, call.recorded && outcome !== 'dispatch' ? 'keep' : outcome)
    const field = gap.value
    if (field) void nextTick(() => document.getElementById(`desk-${field}`)?.focus())
    else void run(() => deliver(outcome, parent))
  }

  async function deliver(outcome: Outcome, parent?: string): Promise<void> {
    if (call.recorded) {
      const given = await complete(outcome === 'dispatch', t('desk.learntLater'))
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

  /** What went out comes back as it was typed. */
  function takeBack(): void {
    const { given, draft } = result.value!
    undone.value = given.request.number
    result.value = null
    bringBack(draft!, given.request.id)
  }

  return { send, gap, decided, busy, problem, result, undone, takeBack }
}
