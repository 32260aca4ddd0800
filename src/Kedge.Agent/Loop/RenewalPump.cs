using System.Security.Cryptography.X509Certificates;
using Kedge.Agent.Identity;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;

namespace Kedge.Agent.Loop;

/// <summary>
/// Renews the device's certificate when two thirds of its life are over, by the clock as far as it is believed or by
/// time passed since the start, whichever comes first. An expired one is renewed like any other. After a success
/// nothing
/// is asked for a third of a life, so that a clock that runs a year ahead cannot make it ask without end. A trust
/// bundle
/// by which the certificate's issuer counts for a shorter time, or no more, brings the renewal forward; devices spread
/// themselves over the time that is left.
/// </summary>
internal sealed class RenewalPump
{
    private static readonly TimeSpan DelayMax = TimeSpan.FromHours(1);
    private readonly LoopParts _parts;
    private readonly IArtifactSource _source;
    private readonly Credentials? _credentials;
    private int _failures;
    private long _bundleSeen;
    private bool _isAsking;

    internal RenewalPump(LoopParts parts, IArtifactSource source)
    {
        _parts = parts;
        _source = source;
        _credentials = parts.Options.Credentials;
        Due = _credentials is null ? null : parts.Clock.Now + Wait(_credentials.Certificate);
        LookAtBundle();
    }

    /// <summary>When the next renewal is due; null for never.</summary>
    internal TimeSpan? Due { get; private set; }

    /// <summary>Called with null when a certificate was renewed, else with what is wrong.</summary>
    internal Action<Finding?>? OnOutcome { get; init; }

    /// <summary>Called with what is wrong with a trust bundle that came with a renewed certificate.</summary>
    internal Action<Finding>? OnBundleRefused { get; init; }

    internal void Pump(CancellationToken cancel)
    {
        LookAtBundle();
        if (_credentials is null || _isAsking || Due is null || Due > _parts.Clock.Now)
        {
            return;
        }

        _isAsking = true;
        Due = null;
        byte[] request = _credentials.RenewRequest();
        _parts.Mailbox.Run(c => _source.RenewAsync(request, c), outcome => Take(_credentials, outcome), cancel);
    }

    private void Take(Credentials credentials, FetchOutcome outcome)
    {
        _isAsking = false;
        Finding? finding = outcome switch
        {
            FetchOutcome.Done done => Keep(credentials, done.Bytes.Span),
            FetchOutcome.RetryLater later => AgentErrors.Unreachable.At(later.Problem.Message),
            FetchOutcome.Refused refused =>
                AgentErrors.EnrolRefused.At($"{refused.Problem.Code} {refused.Problem.Message}"),
            FetchOutcome.NotFound missing => AgentErrors.EnrolRefused.At(missing.Problem.Message),
            _ => throw Check.Unreachable(outcome),
        };
        if (finding is null)
        {
            _failures = 0;
            TimeSpan rest = Life(credentials.Certificate) / 3;
            TimeSpan wait = Wait(credentials.Certificate);
            Due = _parts.Clock.Now + (wait > rest ? wait : rest);
        }
        else
        {
            double ticks =
                Math.Min(DelayMax.Ticks, AgentLimits.RenewDelayMin.Ticks * Math.Pow(2, Math.Min(_failures++, 20)));
            Due = _parts.Clock.Now + TimeSpan.FromTicks((long)(ticks * (0.5 + (_parts.Rng.Fraction() / 2))));
        }

        OnOutcome?.Invoke(finding);
    }

    private Finding? Keep(Credentials credentials, ReadOnlySpan<byte> answer)
    {
        Finding? finding = credentials.Renew(
            answer, (_parts.Clock.WallMs, _parts.Clock.FloorMs), out Finding? bundle);
        if (bundle is not null)
        {
            OnBundleRefused?.Invoke(bundle);
        }

        return finding;
    }

    private void LookAtBundle()
    {
        if (_isAsking || _credentials?.Bundle.Held is not { } bundle || bundle.Version == _bundleSeen)
        {
            return;
        }

        _bundleSeen = bundle.Version;
        if (_credentials.Issuer is not { } issuer || issuer == bundle.Current.Id)
        {
            return;
        }

        double leftMs = (bundle.Find(issuer)?.UntilMs ?? 0) - _parts.Clock.BelievedMs;
        double spread = leftMs > 0
            ? leftMs * (0.25 + (_parts.Rng.Fraction() / 2))
            : AgentLimits.RenewSpread.TotalMilliseconds * _parts.Rng.Fraction();
        TimeSpan due = _parts.Clock.Now + TimeSpan.FromMilliseconds(Math.Min(spread, int.MaxValue));
        Due = Due < due ? Due : due;
    }

    private TimeSpan Wait(X509Certificate2 certificate)
    {
        long start = new DateTimeOffset(certificate.NotBefore.ToUniversalTime()).ToUnixTimeMilliseconds();
        double twoThirds = Life(certificate).TotalMilliseconds * 2 / 3;
        double left = start + twoThirds - _parts.Clock.BelievedMs;
        return TimeSpan.FromMilliseconds(Math.Clamp(left, 0, twoThirds));
    }

    private static TimeSpan Life(X509Certificate2 certificate) => certificate.NotAfter - certificate.NotBefore;
}
