import type { Screen } from '../screens'

export default {
  path: '/desk',
  title: { 'zh-CN': '话务台', en: 'Desk' },
  roles: ['operator', 'supervisor'],
  load: () => import('./Desk.vue'),
} satisfies Screen
