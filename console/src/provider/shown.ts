/** Long lists: the first items, and more on request. */
import { computed, reactive, ref } from 'vue'

import type { Problem } from '@/kit/api'
import { useFetched } from '@/kit/fetched'

const STEP = 50

export interface Listing<T> {
  /** Undefined until the first answer. */
  readonly items: readonly T[] | undefined
  readonly more: boolean
  readonly problem: Problem | undefined
  /** When the items shown were read, in the centre's time. */
  readonly at: number
  showMore: () => void
  reload: () => Promise<void>
}

type Found<T> = ReturnType<typeof useFetched<T>>

/** Page through a list that was read as a whole: a phone need not draw thousands at once. */
export function useShown<T>(found: Found<T[]>, order?: (one: T, other: T) => number): Listing<T> {
  const most = ref(STEP)
  const all = computed(() => (order && found.data.value ? [...found.data.value].sort(order) : found.data.value))
  return reactive({
    ...found,
    items: computed(() => all.value?.slice(0, most.value)),
    more: computed(() => (all.value?.length ?? 0) > most.value),
    showMore: () => void (most.value += STEP),
  }) as Listing<T>
}

interface Page<T> {
  items: T[]
  next?: string | null
}

/** Page through a list that the server gives page by page. A change reads all pages seen so far again. */
export function usePaged<P extends Page<unknown>>(
  load: (cursor?: string) => Promise<P>,
  options: Parameters<typeof useFetched>[1],
): Listing<P['items'][number]> & { readonly data: P | undefined } {
  const pages = ref(1)
  async function read(): Promise<P> {
    const found = await load()
    for (let page = 1; page < pages.value && found.next; page++) {
      const { items, next } = await load(found.next)
      found.items.push(...items)
      found.next = next
    }
    return found
  }
  const found = useFetched(read, { ...options, watch: pages })
  return reactive({
    ...found,
    items: computed(() => found.data.value?.items),
    more: computed(() => Boolean(found.data.value?.next)),
    showMore: () => void pages.value++,
  }) as Listing<P['items'][number]> & { readonly data: P | undefined }
}
