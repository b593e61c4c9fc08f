const zh = {
  desk: {
    caller: '来电人',
    phone: '来电号码',
    waiting: '等待来电。话机振铃时自动弹出来电人；也可按 F2 输入号码。',
    ringing: '另一个来电：{phone}',
    take: '接起并清空当前受理',
    unknown: '新号码，没有记录',
    groups: '优先人群',
    barred: '不愿再由 {n} 家单位服务，派单时自动避开',
    duplicates: '同小区同类求助 {n} 件，可能重复',
    merge: '并入此件',
    openRequests: '在办 {n} 件',
    othersToo: '另有 {n} 件邻近同类求助',
    pastRequests: '历史 {n} 件',
  },
}

const en: typeof zh = {
  desk: {
    caller: 'Caller',
    phone: 'Number',
    waiting: 'Waiting for a call. A ringing telephone brings the caller up here; or press F2 and type the number.',
    ringing: 'Another call: {phone}',
    take: 'Take it and clear this one',
    unknown: 'New number, nothing on record',
    groups: 'Priority groups',
    barred: '{n} providers not wanted again; they are left out',
    duplicates: '{n} open for the same in this community: duplicates?',
    merge: 'Merge into it',
    openRequests: '{n} open',
    othersToo: '{n} more like it nearby',
    pastRequests: '{n} earlier',
  },
}

export default { 'zh-CN': zh, en }
