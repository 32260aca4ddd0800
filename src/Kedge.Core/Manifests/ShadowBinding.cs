using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>Makes the comparison with live requests of a strategy that was checked, and fields of it.</summary>
internal static class ShadowBinding
{
    /// <summary>Null where none is asked for.</summary>
    public static ShadowSpec? Bind(ManifestFields shadow)
    {
        if (!shadow.IsThere)
        {
            return null;
        }

        ShadowSpec byDefault = new();
        return new ShadowSpec
        {
            SharePpm = Share(shadow.Text("share")) ?? byDefault.SharePpm,
            AgreementPpm = Share(shadow.Text("agreement")) ?? byDefault.AgreementPpm,
            MinRequests = shadow.At("minRequests").IsThere
                ? (int)shadow.Number("minRequests")
                : byDefault.MinRequests,
            Time = Lifetime.TryParse(shadow.Text("for"), out TimeSpan time) ? time : byDefault.Time,
            TolerancePpm = Share(shadow.Text("tolerance")) ?? byDefault.TolerancePpm,
        };
    }

    /// <summary>Null where none is asked for.</summary>
    public static ManifestNode? Write(ShadowSpec? shadow) => shadow is null ? null : ManifestWriter.Map(
        ("share", ManifestWriter.Text(Quantity.FormatShare(shadow.SharePpm))),
        ("agreement", ManifestWriter.Text(Quantity.FormatShare(shadow.AgreementPpm))),
        ("minRequests", ManifestWriter.Number(shadow.MinRequests)),
        ("for", ManifestWriter.Text(Lifetime.Format(shadow.Time))),
        ("tolerance", ManifestWriter.Text(Quantity.FormatShare(shadow.TolerancePpm))));

    private static int? Share(string text) => Quantity.TryParseShare(text, out int ppm) ? ppm : null;
}
