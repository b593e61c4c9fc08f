/**
 * What somebody has said and the centre has not yet answered. Kept on this device until it is: a tunnel, an empty
 * battery, a reload or a closed page loses nothing. Every step may be sent again, so it is, until there is an answer.
 * What the centre refuses stays until a person has seen why.
 */
import { computed, reactive, shallowReactive } from 'vue'

import { DUE, Problem } from './api'
import { now } from './clock'
import { session } from './session'

/** What is said. Steps of one subject go out in their order. */
export interface Said {
  kind: string
  subject: string
}

export type Step<A extends Said> = A & {
  id: string
  /** What it is about, for the one who reads it later. */
  title: string
  /** The centre's time at which it was said. */
  at: number
  /** Why the centre could not take it yet; it is sent again. */
  why?: string
  /** Why the centre refused it; it is not sent again. */
  refused?: string
}

/** What came of one attempt: an answer, a refusal, or null while nobody answered. */
export type Tried = { given: unknown } | { problem: Problem } | null

interface Post<A extends Said> {
  /** Say it to the centre. Throws a Problem. */
  perform: (step: Step<A>) => Promise<unknown>
  /** Whether a later word takes the place of an unsent one. */
  replaces: (earlier: A, later: A) => boolean
  /** Codes of refusals that pass by themselves. */
  passing?: readonly string[]
}

const PAUSES_MS = [2_000, 4_000, 8_000, 15_000]
/** Refusals that say nothing about the step itself: signed out, too many at once, … */
const NOT_FINAL = [401, 408, 425, 429]

export function createOutbox<A extends Said>({ perform, replaces, passing = [] }: Post<A>) {
  let place = ''
  /** The step that is on its way. */
  let sending: string | undefined
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let whenAnswered: (step: Step<A>, tried: Tried, awaited: boolean) => void = () => {}
  /** Who waits to hear what comes of the first attempt. */
  const waiting = shallowReactive(new Map<string, (tried: Tried) => void>())

  const outbox = reactive({
    steps: [] as Step<A>[],
    /** This device has no room left: what is unsent is lost when the page is closed. */
    unkept: false,
  }) as { steps: Step<A>[]; unkept: boolean }
  const unsent = computed(() => outbox.steps.filter((step) => !step.refused))
  /** What the first attempt left unsent. */
  const late = computed(() => unsent.value.filter(({ id }) => !waiting.has(id)))
  const refused = computed(() => outbox.steps.filter((step) => step.refused))

  /** Take up what this person left unsent; `answered` is called after each answer of the centre, and told whether
   * whoever said it still waits for that. */
  function openOutbox(whose: string, answered: typeof whenAnswered): void {
    place = `hotline.outbox.${whose}`
    show(kept(place))
    whenAnswered = answered
    failures = 0
    void send()
  }

  function closeOutbox(): void {
    clearTimeout(timer)
    whenAnswered = () => {}
    place = ''
    show([])
  }

  /** Say this to the centre, now or as soon as it can be reached; gives what came of the first attempt. */
  function say(action: A, title: string, id = `${now()}-${Math.random()}`): Promise<Tried> {
    const replaced = (step: Step<A>) => !step.refused && step.id !== sending && replaces(step, action)
    const step = { ...action, title, at: now(), id }
    change(place, (steps) => [...steps.filter((one) => !replaced(one)), step])
    return again(id)
  }

  /** Try this step again now; gives what came of it. */
  function again(id: string): Promise<Tried> {
    const tried = new Promise<Tried>((resolve) => waiting.set(id, resolve))
    void send()
    return tried
  }

  /** The step of this subject that is still to be answered, if any. */
  function pending(subject: string): Step<A> | undefined {
    return unsent.value.find((step) => step.subject === subject)
  }

  /** A person has seen why it was refused, or takes it back. */
  function dismiss({ id }: { id: string }): void {
    change(place, (steps) => steps.filter((step) => step.id !== id))
  }

  /** Change what is still to be sent. */
  function amend(how: (step: Step<A>) => Step<A>): void {
    change(place, (steps) => steps.map(how))
  }

  /** Send what is unsent, of each subject in its order, until it is done or nobody answers. */
  async function send(): Promise<void> {
    if (sending || !place) return
    clearTimeout(timer)
    const stuck = new Set<string>()
    const next = () => unsent.value.find(({ subject }) => !stuck.has(subject))
    try {
      for (let step = next(); step && place; step = next()) {
        sending = step.id
        const outcome = await deliver(step, place)
        if (outcome === 'nobody') break
        if (outcome === 'later') stuck.add(step.subject)
        else failures = 0
      }
    } finally {
      sending = undefined
      for (const [id, resolve] of waiting) settle(id, resolve, null)
    }
    if (place && unsent.value.length)
      timer = setTimeout(() => void send(), PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)])
  }

  function settle(id: string, resolve: ((tried: Tried) => void) | undefined, tried: Tried): void {
    waiting.delete(id)
    resolve?.(tried)
  }

  /** `later`: the centre cannot take this step now, others perhaps. */
  async function deliver(step: Step<A>, where: string): Promise<'done' | 'later' | 'nobody'> {
    const { id } = step
    const mark = (how: Partial<Step<A>>) =>
      change(where, (steps) => steps.map((one) => (one.id === id ? { ...one, why: undefined, ...how } : one)))
    let tried: Tried
    try {
      tried = { given: await perform(step) }
      change(where, (steps) => steps.filter((one) => one.id !== id))
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      const { code, status, message } = problem
      const held = passing.includes(code)
      const due = DUE.includes(code)
      // Without a code it is no answer of the centre's: some gateway stands between.
      if (!code || status >= 500 || NOT_FINAL.includes(status) || due || held) {
        if (code) mark({ why: message } as Partial<Step<A>>)
        return held || status === 500 ? 'later' : 'nobody'
      }
      tried = { problem }
      mark({ refused: message } as Partial<Step<A>>)
    }
    if (where === place) whenAnswered(step, tried, waiting.has(id))
    settle(id, waiting.get(id), tried)
    return 'done'
  }

  function kept(where: string): Step<A>[] {
    return JSON.parse(localStorage.getItem(where) ?? '[]') as Step<A>[]
  }

  function show(steps: Step<A>[]): void {
    outbox.steps = steps
    session.unsent = unsent.value.map(({ title }) => title)
  }

  /** Change what is kept there, with what another window has kept meanwhile. */
  function change(where: string, how: (steps: Step<A>[]) => Step<A>[]): void {
    const steps = how(outbox.unkept && where === place ? outbox.steps : kept(where))
    if (where === place) show(steps)
    try {
      localStorage.setItem(where, JSON.stringify(steps))
      outbox.unkept = false
    } catch {
      outbox.unkept = true
    }
  }

  window.addEventListener('online', () => void send())
  window.addEventListener('storage', ({ key }) => {
    if (key && key === place) show(kept(place))
  })
  return { outbox, unsent, late, refused, openOutbox, closeOutbox, say, again, pending, dismiss, amend, send }
}
