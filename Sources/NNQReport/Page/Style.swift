// SPDX-License-Identifier: Apache-2.0
// How the page looks: light and dark, on paper, on a phone.

enum Style {
    /// The page's.
    static let text = [colours, print, page, shapes].joined(separator: "\n")
    /// A drawing's that is a file of its own.
    static let drawing = [colours, shapes].joined(separator: "\n")

    /// Colours are variables, so that drawings follow the page. The two series are told apart by people who see no
    /// difference of red and green.
    private static let colours = """
        :root { --paper: #ffffff; --ink: #1c2430; --muted: #5d6878; --rule: #d5dae2; --panel: #f5f7fa;
          --float: #2868b2; --int8: #d9730d; --good: #157f66; --bad: #c23b3b; --kept: #e4edf8; --over: #ffffff; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14181f; --ink: #e4e8ee; --muted: #98a3b3;
          --rule: #333c49; --panel: #1c222b; --float: #6ba6ea; --int8: #f0a04b; --good: #4cc2a4; --bad: #ee7b74;
          --kept: #22344a; --over: #10141a; } }
        """

    private static let print = """
        @media print { :root { --paper: #ffffff; --ink: #000000; --muted: #444444; --rule: #bbbbbb; --panel: #ffffff;
          --float: #2868b2; --int8: #c26100; --good: #157f66; --bad: #c23b3b; --kept: #e4edf8; --over: #ffffff; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          section, figure, tr { break-inside: avoid; } .scroll { overflow: visible; } }
        """

    private static let page = """
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1080px; padding: 16px; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
        h1 { font-size: 24px; line-height: 1.25; margin: 8px 0 2px; }
        h2 { font-size: 18px; margin: 36px 0 6px; padding-top: 10px; border-top: 1px solid var(--rule); }
        h3 { font-size: 14px; margin: 0 0 2px; overflow-wrap: anywhere; }
        p { margin: 6px 0; max-width: 76ch; } .muted, figcaption, .tile span { color: var(--muted); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px;
          margin: 14px 0; }
        .tile, figure { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; }
        .tile { padding: 8px 12px; } .tile b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
        .tile span { font-size: 12.5px; line-height: 1.35; display: block; }
        ul.advice { padding-left: 20px; max-width: 80ch; } ul.advice li { margin: 6px 0; overflow-wrap: anywhere; }
        .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 12px; }
        .grid.small { grid-template-columns: repeat(auto-fill, minmax(min(100%, 200px), 1fr)); }
        figure { margin: 0; padding: 10px 12px; min-width: 0; } figcaption { font-size: 12.5px; line-height: 1.4; }
        .scroll { overflow-x: auto; margin: 8px 0; } svg { display: block; max-width: 100%; height: auto; }
        .scroll svg { max-width: none; } td svg { display: inline-block; vertical-align: middle; }
        table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; }
        th, td { text-align: right; padding: 3px 12px 3px 0; border-bottom: 1px solid var(--rule); white-space: nowrap; }
        th { color: var(--muted); font-weight: 600; vertical-align: bottom; white-space: normal; }
        th:first-child, td:first-child, td.word, th.word { text-align: left; }
        img.pixels { width: 128px; height: auto; image-rendering: pixelated; display: block; margin-bottom: 6px; }
        """

    private static let shapes = """
        svg text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
        svg .label { fill: var(--muted); } svg .cell { fill: var(--ink); } svg .tiny { font-size: 9.5px; } svg .over { fill: var(--over); }
        svg .float { fill: var(--float); } svg .int8 { fill: var(--int8); } svg .good { fill: var(--good); }
        svg .bad { fill: var(--bad); } svg .kept { fill: var(--kept); } svg .empty { fill: var(--muted); fill-opacity: .12; }
        svg .title { font-size: 14px; font-weight: 600; } svg .paper { fill: var(--paper); }
        svg .axis { stroke: var(--muted); } svg .grid { stroke: var(--rule); }
        svg .clip { stroke: var(--int8); stroke-dasharray: 3 2; stroke-width: 1.5; }
        svg .whisker { stroke: var(--ink); stroke-width: 1.5; }
        svg .curve { fill: none; stroke-width: 1.5; } svg .live { stroke: var(--ink); stroke-dasharray: 4 3; }
        svg .box { fill-opacity: .3; stroke-width: 1; } svg .box + text { fill: var(--ink); }
        svg .series0 { stroke: var(--float); } svg .series1 { stroke: var(--int8); } svg .series2 { stroke: var(--good); }
        svg .series3 { stroke: #a259c4; } svg .series4 { stroke: #8a8f3c; } svg .series5 { stroke: var(--bad); }
        svg .box.series0 { fill: var(--float); } svg .box.series1 { fill: var(--int8); }
        svg .box.series2 { fill: var(--good); } svg .box.series3 { fill: #a259c4; } svg .box.series4 { fill: #8a8f3c; }
        svg .box.series5 { fill: var(--bad); }
        """
}
