const zh = {
  desk: {
    candidates: '候选单位',
    earlier: '提供此项目 {a} 家 → 此档 {b} → 服务本区域 {c} → 现在可派 {d}',
    areaFirst: '选定社区后显示候选单位',
    nobody: '目前没有单位可派，派单后由值班长处理。',
    byRules: '按规则派单（不指定）',
    km: '{km} 公里',
    total: '{measure}共 {price}',
    load: '在办 {n}/{of}',
    closedNow: '现在休息',
    opensAt: '现在休息 · {time} 营业',
    more: '还有 {n} 家',
    rejected: '不派的 {n} 家及原因',
    map: '海曙区示意图',
    mapPlace: '求助地点：{place}',
    mapNote: '示意图：按社区和镇街的点位划分，不是行政界线',
    criterion: { distance: '近', credit: '信用', record: '履约', load: '空闲', fairness: '公平', price: '价格' },
  },
}

const en: typeof zh = {
  desk: {
    candidates: 'Candidates',
    earlier: 'offer it {a} → at this tier {b} → in this area {c} → free now {d}',
    areaFirst: 'Pick a community to see who could come',
    nobody: 'Nobody can come now; a supervisor will decide after dispatch.',
    byRules: 'By the rules (nobody in particular)',
    km: '{km} km',
    total: '{price} for {measure}',
    load: 'busy {n}/{of}',
    closedNow: 'closed now',
    opensAt: 'closed now · opens {time}',
    more: '{n} more',
    rejected: '{n} not asked, and why',
    map: 'Sketch of the district',
    mapPlace: 'Place: {place}',
    mapNote: 'A sketch around the known points of townships and communities, not their boundaries',
    criterion: {
      distance: 'near',
      credit: 'credit',
      record: 'record',
      load: 'room',
      fairness: 'fairness',
      price: 'price',
    },
  },
}

export default { 'zh-CN': zh, en }
