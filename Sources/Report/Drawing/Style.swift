/// How reports and drawings look, in light and dark.
///
/// The six series colours keep a contrast of 3 : 1 to the paper and stay apart for readers with any of the usual colour
/// blindnesses (after Okabe and Ito, darkened or lightened for the paper); markers tell the series apart without colour.
enum Style {
    /// What a drawing needs, in a page or alone.
    static let drawing = """
        :root{\(light)}
        @media (prefers-color-scheme:dark){:root{\(dark)}}
        svg{font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif}
        svg text{fill:var(--ink)}
        svg .tick,svg .title{fill:var(--soft)}
        svg .panel{font-weight:600}
        .s0{--c:var(--c0)}.s1{--c:var(--c1)}.s2{--c:var(--c2)}.s3{--c:var(--c3)}.s4{--c:var(--c4)}.s5{--c:var(--c5)}
        .plain{--c:var(--soft)}
        .grid{stroke:var(--grid);stroke-width:1}.minor{stroke-opacity:.45}
        .axis{stroke:var(--soft);stroke-width:1}
        .band{fill:var(--c);fill-opacity:.1}
        .curve{fill:none;stroke:var(--c);stroke-width:1.8}
        .bar{stroke:var(--c);stroke-width:1.4}
        .tie{stroke:var(--c);stroke-width:1}
        .mark{fill:var(--c);stroke:var(--paper);stroke-width:1}
        .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3;stroke-linejoin:round}
        .front{fill:none;stroke:var(--ink);stroke-width:1.4;stroke-opacity:.75}
        .leader{stroke:var(--soft);stroke-width:1}
        .hollow{fill:var(--paper);stroke:var(--c);stroke-width:1.6}
        .diagonal{stroke:var(--soft);stroke-width:1.2}
        .factor{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 4}
        .paper{fill:var(--paper)}
        .heat{fill:var(--c1)}
        .unknown{fill:none;stroke:var(--grid)}
        """

    /// What the page around them needs.
    static let page = """
        *{box-sizing:border-box}
        html{background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%}
        body{margin:0 auto;max-width:76rem;padding:1.5rem clamp(1rem,3vw,2.5rem) 4rem;\
        font:1rem/1.55 system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif}
        h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 .8rem}
        h2{font-size:1.25rem;margin:2.6rem 0 .6rem;padding-top:1rem;border-top:1px solid var(--grid)}
        p{margin:.6rem 0;max-width:52rem;overflow-wrap:anywhere}
        .lead{font-size:1.15rem;line-height:1.5}
        .facts{color:var(--soft);font-size:.85rem;margin:.8rem 0 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.4rem}
        figure{margin:1.4rem 0}
        figcaption,.caption{color:var(--soft);font-size:.9rem;max-width:52rem}
        figcaption{margin-top:.5rem}
        .panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem 1.2rem}
        .panels svg{width:100%;height:auto;max-width:34rem;display:block}
        .wide{grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr))}
        .wide svg{max-width:30rem}
        .full{grid-template-columns:1fr;overflow-x:auto}
        .full svg{max-width:62rem;min-width:40rem}
        .phone{display:none}
        @media (max-width:40rem){.phone{display:grid}.broad{display:none}}
        .table{margin:1.2rem 0}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
        .caption{margin:0 0 .3rem}
        th,td{padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--grid);text-align:left;vertical-align:top}
        th{font-weight:600;vertical-align:bottom}
        td{white-space:nowrap}
        .n{text-align:right}
        .whole{white-space:nowrap}
        .wrap{white-space:normal;min-width:14rem;overflow-wrap:anywhere}
        @media (max-width:40rem){td{white-space:normal}th,td{padding-right:.5rem}}
        summary{cursor:pointer;margin:1rem 0}
        .warnings{padding:0;list-style:none;max-width:60rem}
        .warnings li{border-left:3px solid var(--c1);padding:.1rem 0 .1rem .9rem;margin:.9rem 0}
        .findings{padding-left:1.2rem;max-width:60rem}
        .findings li{margin:.2rem 0}
        .scope{display:block;color:var(--soft);font-size:.85rem}
        .controls,.legend{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:.8rem 0}
        #explore select,#explore input,#explore button{font:inherit;color:inherit;\
        background:var(--paper);border:1px solid var(--soft);border-radius:.3rem;padding:.2rem .5rem;max-width:100%}
        #explore th button{border:0;padding:0;font-weight:600;cursor:pointer;text-align:inherit}
        .legend{gap:.3rem .5rem}
        .legend [aria-pressed=false]{opacity:.45;text-decoration:line-through}
        #explore svg{touch-action:pan-y}
        #explore td{white-space:nowrap}
        .zoom{fill:var(--c0);fill-opacity:.12;stroke:var(--c0)}
        .tip{position:fixed;pointer-events:none;background:var(--paper);border:1px solid var(--soft);border-radius:.3rem;\
        padding:.4rem .6rem;font-size:.8rem;max-width:22rem;z-index:1}
        .tip dl{display:grid;grid-template-columns:auto auto;gap:0 .8rem;margin:0}.tip dt{color:var(--soft)}.tip dd{margin:0}
        sup,sub{font-size:.75em;line-height:0}
        code{font-size:.92em;overflow-wrap:anywhere}
        @media print{#explore,.tip{display:none}body{max-width:none;padding:0;font-size:10pt}figure,.panels svg,tr,li{break-inside:avoid}\
        h2{break-after:avoid}.scroll{overflow:visible}td{white-space:normal}.panels{grid-template-columns:repeat(2,1fr)}.full{grid-template-columns:1fr}}
        """

    private static let light = """
        --paper:#ffffff;--ink:#1d2126;--soft:#5b6570;--grid:#dde1e6;\
        --c0:#0072b2;--c1:#c84c00;--c2:#00825f;--c3:#b0408f;--c4:#806500;--c5:#4b4fc4
        """
    private static let dark = """
        --paper:#14171b;--ink:#e8eaed;--soft:#a3adb8;--grid:#343a41;\
        --c0:#56b4e9;--c1:#ff8f45;--c2:#2cc79a;--c3:#ea93d3;--c4:#e3c22f;--c5:#a3a7ff
        """
}
