/** What is open over the desk while the call in hand stays as it is. */
import { ref } from 'vue'

import type { Schemas } from '@/kit/api'

import { firmOpen } from '../firm/firm'

/** A request by its number; 0: none. */
export const requestOpen = ref(0)
/** A citizen's card. */
export const citizenOpen = ref<Schemas['CitizenFound'] | null>(null)

export function openRequest(number: number): void {
  firmOpen.value = ''
  citizenOpen.value = null
  requestOpen.value = number
}
