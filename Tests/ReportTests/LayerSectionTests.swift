import Compression
import JSON
import LanguageModel
import Records
import Report
import Testing

/// The heat map of layers' errors.
@Suite struct LayerSectionTests {
    private func errors(blocks: Int, specs: Int, experts: Int = 0) throws -> LayerErrors {
        let cells = try SampleContent.cells()
        let rows = try (0..<specs).map { number in
            let layers = (0..<blocks).flatMap { block in
                let mixture = (0..<experts).map { "model.layers.\(block).mlp.experts.\($0).up_proj" }
                let names = ["self_attn.q_proj", "self_attn.o_proj", "mlp.down_proj"].map {
                    "model.layers.\(block).\($0)"
                }
                return (names + mixture).enumerated().map { place, name in
                    LayerDistortion(
                        name: name, weights: 64, weightError: 0.01,
                        outputError: place == 4 ? nil : 0.001 * Double((number + 1) * (place + 1)),
                        readError: place == 2 ? 0.002 * Double(number + 1) : nil)
                }
            }
            return LayerErrors.Row(
                spec: try Spec(method: .rtn, bits: 2 + number % 7, group: .size(8 * (1 + number / 7))), layers: layers)
        }
        return LayerErrors(model: cells[0].model, rows: rows)
    }

    private func report(_ errors: LayerErrors) throws -> RenderedReport {
        var content = try SampleContent.content(laws: [])
        content.layerErrors = [errors]
        return RenderedReport(content)
    }

    @Test func everyLayerOfEverySpecHasAPlace() throws {
        let errors = try errors(blocks: 4, specs: 5)
        let report = try report(errors)
        let page = try #require(ElementCollector(report.html))
        let cells = page.attributes.count { $0["class"] == "heat" && $0["width"] != "14" }
        #expect(cells == 5 * 12)
        #expect(report.html.contains("self_attn.o_proj, block 3: 0.002"))
        let document = try #require(try JSONValue(parsing: report.json).object?["layers"]?.array?.first?.object)
        let specs = try #require(document["specs"]?.array)
        #expect(specs.count == 5 && specs[0].object?["layers"]?.array?.count == 12)
        // The smallest distortion comes first.
        #expect(specs.compactMap { $0.object?["distortion"]?.double } == errors.rows.map { $0.layers.distortion ?? 0 })
        #expect(errors.rows.map { $0.layers.distortion ?? 0 } == errors.rows.map { $0.layers.distortion ?? 0 }.sorted())
    }

    @Test(arguments: [(96, 3, 0), (2, 90, 0), (3, 4, 5), (1, 1, 0)])
    func deepModelsManySpecsAndExpertsFitAndNoTextsTouch(blocks: Int, specs: Int, experts: Int) throws {
        let report = try report(try errors(blocks: blocks, specs: specs, experts: experts))
        let page = try #require(ElementCollector(report.html))
        let columns = Set(page.attributes.filter { $0["class"] == "heat" }.compactMap { $0["x"] })
        #expect(columns.count <= 80)
        if blocks == 96 { #expect(report.html.contains("blocks 0 to")) }
        let texts = page.texts
        for first in texts.indices {
            for second in texts.indices where second > first && texts[first].drawing == texts[second].drawing {
                #expect(!TextBoxes.overlap(texts[first], texts[second]), "\(texts[first]) and \(texts[second])")
            }
        }
    }

    @Test func withoutErrorsThereIsNoSection() throws {
        let report = RenderedReport(try SampleContent.content(laws: []))
        #expect(!report.html.contains("What compression did to each layer"))
    }
}
