import Records
import Schemas
import TestSupport
import Testing
import Warehouse

/// The columns that SQL users rely on; a change here is a change of the interface and needs a new migration.
@Suite struct SchemaTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test func tablesAndViewsHaveTheseColumns() throws {
        let reader = try Warehouse(writing: folder.warehouse).reader
        let answer = try reader.query(
            """
            SELECT schema.type || ' ' || schema.name || ': ' || group_concat(info.name, ' ')
            FROM sqlite_schema AS schema JOIN pragma_table_xinfo(schema.name) AS info
            WHERE schema.type IN ('table', 'view') GROUP BY schema.type, schema.name
            """)
        let lines = answer.rows.compactMap { row in
            if case .text(let text)? = row.first { text } else { nil }
        }
        #expect(lines.joined(separator: "\n") == Self.expected)
    }

    @Test func everyTableIsStrict() throws {
        let reader = try Warehouse(writing: folder.warehouse).reader
        let loose = try reader.query(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0")
        #expect(loose.rows == [[.text("sqlite_schema")]])
    }

    @Test(.enabled(if: Program.sqlite3.isInstalled, "no sqlite3 on this machine"))
    func aWarehouseOfTheFirstVersionIsBroughtToTheNewest() throws {
        let old = "PRAGMA application_id = 0x71696431; PRAGMA user_version = 1;\n" + Schemas.warehouseMigrations[0]
        try WarehouseFileTests.shell(folder.warehouse, old)
        let newest = Schemas.warehouseMigrations.count
        #expect(throws: WarehouseError.olderSchema(file: folder.warehouse, found: 1, known: newest)) {
            try WarehouseReader(reading: folder.warehouse).cells()
        }
        #expect(try !WarehouseReader(reading: folder.warehouse).isNewest())
        let warehouse = try Warehouse(writing: folder.warehouse)
        #expect(try warehouse.reader.isNewest())
        try warehouse.record(Samples.compressed("a"))
        #expect(try warehouse.reader.cells().map(\.scored.windows) == [2])
        #expect(try warehouse.reader.query("PRAGMA user_version").rows == [[.integer(newest)]])
    }

    @Test(.enabled(if: Program.sqlite3.isInstalled, "no sqlite3 on this machine"))
    func recipesRecordedBeforeHaveTheColumnsOfLaterVersions() throws {
        let old =
            "PRAGMA application_id = 0x71696431; PRAGMA user_version = 2;\n"
            + Schemas.warehouseMigrations[..<2].joined() + """
                INSERT INTO spec VALUES ('qsd', 'qsd', 'qsd', 4, NULL, 1, '{"rank":0.25,"sparse":0.3,"activations":6}');
                INSERT INTO spec VALUES ('wanda', 'wanda', 'wanda', 16, NULL, 1, '{"rank":64,"sparse":"2:8"}');
                INSERT INTO spec VALUES ('rtn', 'rtn', 'rtn', 4, 16, 0, '{"bits":4}');
                """
        try WarehouseFileTests.shell(folder.warehouse, old)
        let reader = try Warehouse(writing: folder.warehouse).reader
        let answer = try reader.query(
            "SELECT name, sparsity, sparsity_pattern, rank, activation_bits FROM spec ORDER BY name")
        #expect(
            answer.rows == [
                [.text("qsd"), .real(0.3), .null, .real(0.25), .integer(6)],
                [.text("rtn"), .null, .null, .null, .null],
                [.text("wanda"), .real(0.75), .text("2:8"), .integer(64), .null],
            ])
    }

    @Test(.enabled(if: Program.sqlite3.isInstalled, "no sqlite3 on this machine"))
    func sourcesRecordedBeforeAreKept() throws {
        let old =
            "PRAGMA application_id = 0x71696431; PRAGMA user_version = 4;\n"
            + Schemas.warehouseMigrations[..<4].joined() + """
                INSERT INTO checkpoint VALUES ('a', 'gpt_neox', 'F16', 20, 10, 4, 2, 8, NULL);
                INSERT INTO source VALUES ('a', 'archive/a', 'neox', 8, 80, 'annealed', 'ternary', '12 34', 1.58, 8, 0.5);
                """
        try WarehouseFileTests.shell(folder.warehouse, old)
        let reader = try Warehouse(writing: folder.warehouse).reader
        let answer = try reader.query(
            "SELECT family, series, step, tokens, phase, native_bits, fingerprint FROM source")
        #expect(
            answer.rows == [
                [.text("neox"), .null, .integer(8), .integer(80), .text("annealed"), .real(1.58), .text("12 34")]
            ])
    }

    private static let expected = """
        table checkpoint: digest architecture dtype params_total params_non_embedding hidden_size layers \
        vocabulary_size stored_scheme params_active
        table distortion: key compressed_key calibration_digest checkpoint bits_per_weight is_whole stage_version \
        program_version is_unseen distortion
        table evaluation: key checkpoint spec shard calibration_digest compressed_key context_tokens windows \
        scored_tokens score loss_nats perplexity bits_per_weight baseline_loss_nats qid_nats qid_stderr_nats kl_nats \
        agreement stage_version program_version qid_stderr_target_nats available_windows baseline_key window_seed \
        kl_stderr_nats rho_stderr kl_error_target bytes_per_token bos documents separator spec_revision
        table failure: stage subject reason checkpoint spec
        table finding: path kind message checkpoint is_fault
        table fit: key law scheme family objective objective_value n left_out r2 starts starts_at_best detail \
        stage_version program_version
        table layer_distortion: distortion position layer weights weight_error output_error read_error
        table parameter: fit name value low high at_bound
        table prediction: fit quantity scheme params tokens bits value low high beyond_hull
        table probe: key size seed checkpoint shard context_tokens windows score window_seed calibration_digest \
        baseline_loss_nats ceiling_nats kl_nats kl_stderr_nats qid_nats qid_stderr_nats distortion is_usable \
        is_usual stage_version program_version is_unseen
        table run: lock_digest name started_at program_version lock
        table run_evaluation: lock_digest evaluation
        table run_fit: lock_digest fit
        table shard: digest name file_digest tokenizer_digest
        table source: checkpoint path family series seed stage ingredient step tokens tokens_source phase \
        learning_rate native_scheme native_bits native_activation_bits native_sparsity fingerprint
        table spec: name scheme method bits group_size symmetric canonical sparsity sparsity_pattern rank \
        activation_bits
        table warning: fit position message advice
        table window: evaluation position nll_nats kl_nats
        view best_spec: family params params_total series seed stage step tokens tokens_per_param phase doubtful \
        shard context score budget candidates spec scheme method bits bits_per_weight bytes loss16 loss qid stderr \
        relative_qid kl kl_stderr agreement checkpoint evaluation
        view forecast: law family scheme quantity params tokens bits value low high beyond_hull fit stage_version \
        program_version run run_started_at lock_digest
        view latest_law: law family scheme objective parameter value low high at_bound n left_out r2 fit \
        stage_version program_version run run_started_at lock_digest
        view law: law family scheme objective parameter value low high at_bound n left_out r2 fit stage_version \
        program_version run run_started_at lock_digest
        view loss: family params params_total series seed stage ingredient step tokens tokens_source phase \
        learning_rate doubtful scheme spec bits sparsity activation_bits rank native_activation_bits native_sparsity \
        bits_per_weight shard context windows window_seed bos documents separator tokenizer score scored_tokens loss \
        bits_per_byte perplexity checkpoint evaluation stage_version tokens_per_param bytes program_version run \
        run_started_at lock_digest
        view model: checkpoint architecture params params_active params_total layers hidden_size vocabulary_size
        view origin: checkpoint family series seed stage ingredient step tokens tokens_source phase learning_rate \
        native_scheme native_bits native_activation_bits native_sparsity path
        view qid: family params params_total series seed stage ingredient step tokens tokens_source phase \
        learning_rate doubtful method scheme spec bits group_size sparsity sparsity_pattern rank activation_bits \
        bits_per_weight shard context windows available_windows stderr_target kl_error_target score window_seed \
        loss16 loss qid stderr kl kl_stderr rho rho_stderr agreement checkpoint evaluation weight_distortion \
        distortion sensitivity qid_sensitivity predicted_kl predicted_qid relative_qid tokens_per_param bytes \
        stage_version program_version run run_started_at lock_digest
        view qid_history: family params params_total series seed stage ingredient step tokens tokens_source phase \
        learning_rate doubtful method scheme spec bits group_size sparsity sparsity_pattern rank activation_bits \
        bits_per_weight shard context windows available_windows stderr_target kl_error_target score window_seed \
        loss16 loss qid stderr kl kl_stderr rho rho_stderr agreement distortion_key weight_distortion distortion \
        sensitivity qid_sensitivity distortion_is_whole ceiling vocabulary_size checkpoint evaluation stage_version \
        age program_version
        view sensitive: checkpoint shard context_tokens score calibration_digest windows sensitivity qid_sensitivity \
        ceiling
        view trace: evaluation checkpoint compressed program_version run started_at lock_digest
        """
}
