using Kedge.Agent.Identity;
using Kedge.Agent.Tests.Identity;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Fleet;

namespace Kedge.Agent.Tests.Loop;

public sealed class RenewalTests : IDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(72);
    private static readonly DateTimeOffset Today = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Problem Revoked = new("KEDGE-ENROL-010", "the device was revoked");

    private readonly TestAuthority _authority = new();
    private readonly TestDevice _device = new();
    private readonly StringWriter _log = new();
    private readonly List<TimeSpan> _asked = [];

    [Fact]
    public void A_certificate_is_renewed_at_two_thirds_of_its_life_and_kept()
    {
        Credentials credentials = Start(Today);
        _device.Pass(TimeSpan.FromHours(47));
        Assert.Empty(_asked);
        _device.Pass(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(48), Assert.Single(_asked));
        Assert.Equal((Today + TimeSpan.FromHours(48) + Life).UtcDateTime, Until(credentials));
        Assert.Equal(Until(credentials), Until(Credentials.Open(_device.Disk)!));
        Assert.Contains("CertificateRenewed", _device.Reasons);

        _device.Pass(TimeSpan.FromHours(48));
        Assert.Equal([TimeSpan.FromHours(48), TimeSpan.FromHours(96)], _asked);
    }

    [Fact]
    public void A_certificate_that_has_expired_is_renewed_at_the_start()
    {
        Credentials credentials = Start(Today - (10 * Life));
        _device.Run();
        Assert.Equal(TimeSpan.Zero, Assert.Single(_asked));
        Assert.Equal((Today + Life).UtcDateTime, Until(credentials));
    }

    [Fact]
    public void A_refused_renewal_is_told_once_and_tried_again_after_growing_waits()
    {
        _device.Fleet.Source.RenewalFault = () => new FetchOutcome.Refused(Revoked);
        Credentials credentials = Start(Today - (10 * Life));
        DateTime old = Until(credentials);
        _device.Pass(TimeSpan.FromDays(1));

        TimeSpan[] waits = [.. _asked.Skip(1).Zip(_asked, static (later, earlier) => later - earlier)];
        Assert.InRange(waits[0], TimeSpan.FromSeconds(15), AgentLimits.RenewDelayMin + TimeSpan.FromSeconds(1));
        Assert.Equal(waits.Take(6).Order(), waits.Take(6));
        Assert.All(waits, static w => Assert.True(w <= TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1)));
        Assert.InRange(_asked.Count, 24, 60);
        Assert.Equal(old, Until(credentials));
        Assert.Contains("renewal-failed code=KEDGE-AGENT-007", _log.ToString(), StringComparison.Ordinal);
        Assert.Contains(Revoked.Code, _log.ToString(), StringComparison.Ordinal);
        Assert.Single(_device.Reasons, static reason => reason == "RenewalRefused");

        _device.Fleet.Source.RenewalFault = null;
        _device.Pass(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        Assert.True(Until(credentials) > old);
    }

    [Fact]
    public void An_answer_with_a_certificate_for_another_key_or_device_changes_nothing()
    {
        Credentials credentials = Start(Today - (10 * Life));
        DateTime old = Until(credentials);
        int kind = 0;
        Func<byte[], byte[]> right = _device.Fleet.Source.Renewal!;
        using TestAuthority other = new();
        byte[][] wrong =
        [
            "not json"u8.ToArray(),
            "null"u8.ToArray(),
            "{}"u8.ToArray(),
            other.Renew(ForeignRequest(), _device.Fleet.Identity, Today, Life),
            [.. right(credentials.RenewRequest()).Take(300)],
        ];
        _asked.Clear();
        _device.Fleet.Source.Renewal = request =>
        {
            _asked.Add(_device.Time.Elapsed);
            return wrong[kind++ % wrong.Length];
        };
        _device.Pass(TimeSpan.FromMinutes(30));
        Assert.True(kind >= wrong.Length, $"asked {kind} times");
        Assert.Equal(old, Until(credentials));
        Assert.Equal(old, Until(Credentials.Open(_device.Disk)!));
    }

    [Fact]
    public void A_clock_at_1970_is_reported_and_the_time_that_was_signed_counts()
    {
        _device.Time.WallStart = DateTimeOffset.UnixEpoch;
        Credentials credentials = Start(Today);
        _device.Run();
        Assert.Contains(
            _device.Messages, static m => m.Event is { Reason: "ClockWrong", Code: "KEDGE-AGENT-018", Warning: true });
        Assert.True(_device.Agent!.Snapshot.IsClockWrong);
        Assert.Equal(Today.ToUnixTimeMilliseconds(), _device.Agent.FloorMs);
        Assert.Null(Judge(credentials));
        Kedge.Tests.Support.Disks.MemoryDisk elsewhere = new();
        Assert.NotNull(Judge(_authority.Enrol(elsewhere, _device.Fleet.Identity, Today - (2 * Life), Life)));

        // Time of day says nothing here, so time passed since the start does.
        _device.Pass(TimeSpan.FromHours(47));
        Assert.Empty(_asked);
        _device.Pass(TimeSpan.FromHours(2));
        Assert.Equal(TimeSpan.FromHours(48), Assert.Single(_asked));
    }

    [Fact]
    public void A_clock_a_year_ahead_is_reported_and_asks_for_no_renewals_without_end()
    {
        _device.Time.WallStart = Today.AddDays(400);
        Credentials credentials = Start(Today);
        _device.Pass(TimeSpan.FromHours(72));
        Assert.Contains(
            _device.Messages, static m => m.Event is { Reason: "ClockWrong", Code: "KEDGE-AGENT-018", Warning: true });
        Assert.True(_device.Agent!.Snapshot.IsClockWrong);
        Assert.InRange(_asked.Count, 1, 4);
        Assert.Null(Judge(credentials));
    }

    [Fact]
    public void A_clock_that_is_right_is_not_reported()
    {
        _ = Start(Today);
        _device.Run();
        Assert.DoesNotContain("ClockWrong", _device.Reasons);
        Assert.False(_device.Agent!.Snapshot.IsClockWrong);
    }

    public void Dispose()
    {
        _device.Dispose();
        _authority.Dispose();
        _log.Dispose();
    }

    private static DateTime Until(Credentials credentials) => credentials.Certificate.NotAfter.ToUniversalTime();

    private string? Judge(Credentials credentials) => ServerTrust.Judge(
        credentials.Certificate, [], credentials.Root, System.Net.Security.SslPolicyErrors.None,
        (_device.Time.GetUtcNow().ToUnixTimeMilliseconds(), _device.Agent!.FloorMs));

    private byte[] ForeignRequest()
    {
        Kedge.Tests.Support.Disks.MemoryDisk elsewhere = new();
        return _authority.Enrol(elsewhere, _device.Fleet.Identity, Today, Life).RenewRequest();
    }

    /// <summary>Starts the agent with a certificate from that time on; the server's clock is right.</summary>
    private Credentials Start(DateTimeOffset from)
    {
        AgentIdentity identity = _device.Fleet.Identity;
        Credentials credentials = _authority.Enrol(_device.Disk, identity, from, Life);
        Func<FetchOutcome?>? fault = _device.Fleet.Source.RenewalFault;
        if (fault is not null)
        {
            _device.Fleet.Source.RenewalFault = () =>
            {
                _asked.Add(_device.Time.Elapsed);
                return fault();
            };
        }

        _device.Fleet.Source.Renewal = request =>
        {
            _asked.Add(_device.Time.Elapsed);
            return _authority.Renew(request, identity, Today + _device.Time.Elapsed, Life);
        };
        _device.Start(options: new AgentOptions
        {
            Credentials = credentials,
            Log = new AgentLog(_log, _device.Time),
            ReadFacts = static () => new DeviceFacts(),
        });
        return credentials;
    }
}
