/// The warehouse's schema as numbered migrations, in the order in which they are applied.
///
/// The texts are compiled in, so a command needs no files beside itself.
package enum Schemas {
    /// Migration `n` (from 1) stands at index `n − 1` and leads from schema version `n − 1` to `n`.
    package static let warehouseMigrations: [String] = [
        String(decoding: PackageResources.v1_measurements_sql, as: UTF8.self),
        String(decoding: PackageResources.v2_targets_and_training_sql, as: UTF8.self),
        String(decoding: PackageResources.v3_specs_sql, as: UTF8.self),
        String(decoding: PackageResources.v4_failed_cells_sql, as: UTF8.self),
        String(decoding: PackageResources.v5_series_and_findings_sql, as: UTF8.self),
        String(decoding: PackageResources.v6_window_statistics_sql, as: UTF8.self),
        String(decoding: PackageResources.v7_active_parameters_sql, as: UTF8.self),
        String(decoding: PackageResources.v8_scoring_protocol_sql, as: UTF8.self),
        String(decoding: PackageResources.v9_documents_sql, as: UTF8.self),
        String(decoding: PackageResources.v10_distortion_sql, as: UTF8.self),
        String(decoding: PackageResources.v11_questions_sql, as: UTF8.self),
        String(decoding: PackageResources.v12_revisions_sql, as: UTF8.self),
        String(decoding: PackageResources.v13_unseen_text_sql, as: UTF8.self),
        String(decoding: PackageResources.v14_noise_to_signal_sql, as: UTF8.self),
        String(decoding: PackageResources.v15_distortion_of_reading_sql, as: UTF8.self),
        String(decoding: PackageResources.v16_distortions_together_sql, as: UTF8.self),
    ]
}
