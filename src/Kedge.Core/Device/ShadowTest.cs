using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Measure;

namespace Kedge.Core.Device;

/// <summary>What a comparison with live answers has come to.</summary>
public enum ShadowVerdict
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>Nothing is certain yet.</summary>
    GoesOn = 1,

    /// <summary>It may have requests of its own.</summary>
    Passed = 2,

    /// <summary>It answers otherwise than what serves, beyond doubt.</summary>
    Failed = 3,
}

/// <summary>
/// Judges whether a release agrees with the one that serves.
/// <para>Problem: the device looks every second and must not refuse a good release because of one bad look, nor
/// need a server to decide.</para>
/// <para>Approach: a confidence sequence over the share of answers that agree (<see cref="ProportionBounds"/>, which
/// cites its sources). It fails as soon as no believable share is as large as the one asked for; it passes once enough
/// was compared and the share that was seen is that large, or when its time is over.</para>
/// <para>Invariant: a release whose true share is at least what is asked for is refused with a probability of at most
/// <see cref="FalseAlarm"/>, however often one looks, as far as requests are alike and independent.</para>
/// </summary>
public static class ShadowTest
{
    /// <summary>Probability of ever refusing a release that agrees as often as is asked for.</summary>
    public const double FalseAlarm = 0.001;

    private const int FirstCharsMax = 300;

    /// <summary>Looks once.</summary>
    public static ShadowVerdict Judge(ShadowSpec spec, ShadowCounts counts)
    {
        if (ProportionBounds.Upper(counts.Agreed, counts.Compared, FalseAlarm) < spec.AgreementPpm / 1e6)
        {
            return ShadowVerdict.Failed;
        }

        bool isEnough = counts.Compared >= spec.MinRequests
            && counts.Agreed * 1e6 >= (double)spec.AgreementPpm * counts.Compared;
        return isEnough || counts.Time >= spec.Time ? ShadowVerdict.Passed : ShadowVerdict.GoesOn;
    }

    /// <summary>The figures in one sentence, with the first difference where there was one.</summary>
    public static string Words(ShadowSpec spec, ShadowCounts counts)
    {
        string first = counts.First.Length > FirstCharsMax ? counts.First[..FirstCharsMax] : counts.First;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"agreed on {counts.Agreed} of {counts.Compared} answers to live requests, asked for are ")
            + string.Create(CultureInfo.InvariantCulture, $"{spec.AgreementPpm / 10_000.0:0.####} %")
            + (first.Length > 0 ? $"; the first difference: {first}" : "");
    }
}
