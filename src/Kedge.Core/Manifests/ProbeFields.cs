using Kedge.Core.Desired;

namespace Kedge.Core.Manifests;

/// <summary>The fields of a Deployment's probe: their schema, their rule, and both ways between them and the
/// spec.</summary>
internal static class ProbeFields
{
    public static FieldSchema Group => FieldSchema.Group(
        "probe",
        "How a device asks the model server whether it still answers. It is asked to compute a golden sample, or "
        + "whether the model is ready where there is none; what fails is ended and started anew, or the device goes "
        + "back. Requests that are answered well meanwhile stand for it.",
        FieldSchema.Of("every", FieldShape.Duration, "How often an idle one is asked, from 5s; `0s` for never.")
            .Within(0, (int)ProbeSpec.EveryMax.TotalSeconds).ByDefault("30s"),
        FieldSchema.Of("timeout", FieldShape.Duration, "How long it may take to answer.")
            .Within((int)ProbeSpec.TimeoutMin.TotalSeconds, (int)ProbeSpec.TimeoutMax.TotalSeconds).ByDefault("5s"),
        FieldSchema.Of("failures", FieldShape.Integer, "After so many in a row it is replaced.")
            .Within(1, ProbeSpec.FailuresMax).ByDefault("3"));

    public static void Check(ManifestFields probe, FindingList findings)
    {
        if (Lifetime.TryParse(probe.Text("every"), out TimeSpan every)
            && every > TimeSpan.Zero && every < ProbeSpec.EveryMin)
        {
            findings.Add(
                SpecErrors.Range,
                $"{Lifetime.Format(every)} is below {Lifetime.Format(ProbeSpec.EveryMin)}; 0s is for never",
                "spec.probe.every",
                probe.At("every").Line);
        }
    }

    public static ProbeSpec Bind(ManifestFields probe) => new(
        Lifetime.TryParse(probe.Text("every"), out TimeSpan every) ? every : ProbeSpec.Default.Every,
        Lifetime.TryParse(probe.Text("timeout"), out TimeSpan timeout) ? timeout : ProbeSpec.Default.Timeout,
        probe.At("failures").IsThere ? (int)probe.Number("failures") : ProbeSpec.Default.Failures);

    /// <summary>Null for what holds by default.</summary>
    public static ManifestNode? Write(ProbeSpec probe) => probe.Equals(ProbeSpec.Default)
        ? null
        : ManifestWriter.Map(
            ("every", ManifestWriter.Text(Lifetime.Format(probe.Every))),
            ("timeout", ManifestWriter.Text(Lifetime.Format(probe.Timeout))),
            ("failures", ManifestWriter.Number(probe.Failures)));
}
