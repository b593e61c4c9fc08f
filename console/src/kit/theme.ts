/** Light or dark: as the device has it, until somebody chooses otherwise here. */
import { computed, ref, watchEffect } from 'vue'

export type Theme = 'light' | 'dark'

const KEPT = 'hotline.theme'
const device = matchMedia('(prefers-color-scheme: dark)')
const deviceIs = ref<Theme>(device.matches ? 'dark' : 'light')
device.addEventListener('change', ({ matches }) => (deviceIs.value = matches ? 'dark' : 'light'))

const kept = localStorage.getItem(KEPT)
const chosen = ref<Theme | null>(kept === 'light' || kept === 'dark' ? kept : null)

/** How the screen looks now. */
export const theme = computed<Theme>(() => chosen.value ?? deviceIs.value)

/** The other of the two; what the device has is followed again once it is chosen. */
export function switchTheme(): void {
  const other = theme.value === 'dark' ? 'light' : 'dark'
  chosen.value = other === deviceIs.value ? null : other
  if (chosen.value) localStorage.setItem(KEPT, chosen.value)
  else localStorage.removeItem(KEPT)
}

watchEffect(() => (document.documentElement.dataset.theme = theme.value))
