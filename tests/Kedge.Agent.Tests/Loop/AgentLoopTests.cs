using System.Text;
using Kedge.Agent.Trust;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Tests.Support.Devices;

namespace Kedge.Agent.Tests.Loop;

public sealed class AgentLoopTests
{
    private static readonly byte[] ModelOne = [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 31 >> 3))];
    private static readonly byte[] ModelTwo = [.. ModelOne[..290_000], .. "and another end"u8.ToArray()];

    [Fact]
    public void A_desired_state_is_fetched_started_preflighted_handed_over_and_reported()
    {
        using TestDevice device = new();
        Digest package = device.Fleet.Package("bearing", ModelOne);
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", package));

        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
        Assert.Single(device.Supervisor.Accepting);
        Assert.Equal("serving", device.LastStatus?.Workloads.Single().Phase);
        Assert.True(device.LastStatus?.Settled);
        Assert.Equal("http://127.0.0.1:8500", device.LastStatus?.Workloads.Single().Endpoint);
        Assert.Contains("ReleaseServing", device.Reasons);
        Assert.Single(device.Link.Acknowledged);
        long[] sequences = [.. device.Messages.Select(static m => m.Sequence)];
        Assert.Equal(sequences.Distinct().Order(), sequences);
    }

    [Fact]
    public void A_new_version_takes_over_and_only_its_new_chunks_are_fetched()
    {
        using TestDevice device = new();
        Digest one = device.Fleet.Package("bearing", ModelOne);
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", one));
        int chunks = device.Fleet.Source.Asked.Count;
        Digest two = device.Fleet.Package("bearing", ModelTwo);
        device.Want(2, TestFleet.Workload("bearing", two, revision: 2));

        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
        Assert.Equal(2, device.Workload("bearing").Current?.Spec.Revision);
        Assert.Equal(device.Supervisor.Accepting, device.Supervisor.Alive);
        Assert.InRange(device.Fleet.Source.Asked.Count - chunks, 1, chunks - 1);
    }

    [Fact]
    public void Under_an_expired_policy_nothing_new_is_taken_and_what_serves_goes_on_and_comes_back()
    {
        using TestDevice device = new();
        AgentOptions options = new() { BuiltAtMs = device.Time.GetUtcNow().ToUnixTimeMilliseconds() };
        long endMs = options.BuiltAtMs + (long)TimeSpan.FromDays(1).TotalMilliseconds;
        device.Fleet.Publish(2, [device.Fleet.Desired], expiresAtMs: endMs);
        _ = TrustKeeper.Open(device.Disk, device.Fleet.Identity.OwnerKey, 1).Offer(device.Fleet.Source.Trust);
        device.Start(options: options);
        Digest one = device.Fleet.Package("bearing", ModelOne);
        device.Want(1, TestFleet.Workload("bearing", one));
        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);

        device.Pass(TimeSpan.FromDays(2));
        device.Want(2, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelTwo), revision: 2));
        Assert.Equal(1, device.Workload("bearing").Current?.Spec.Revision);
        Assert.Contains("KEDGE-TRUST-022", device.Workload("bearing").Problem?.Message, StringComparison.Ordinal);
        Assert.Single(device.Supervisor.Accepting);

        // After a power cut the device serves what it took before the policy expired.
        device.Kill();
        device.Supervisor.PowerOff();
        device.Start(options: options);
        device.Run();
        Assert.Single(device.Supervisor.Accepting);
        Assert.Equal(1, device.Workload("bearing").Current?.Spec.Revision);

        // It is the policy's fault, not the release's: the next policy lets it through by itself.
        device.Fleet.Publish(3, [device.Fleet.Desired]);
        device.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(2, device.Workload("bearing").Current?.Spec.Revision);
    }

    [Fact]
    public void A_killed_agent_adopts_what_runs_and_starts_nothing()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne)));
        InstanceId before = device.Supervisor.Accepting.Single();
        device.Kill();
        device.Start();
        device.Run();

        Assert.Equal(before, device.Supervisor.Accepting.Single());
        Assert.Single(device.Supervisor.Started);
        Assert.Contains("InstanceAdopted", device.Reasons);
        device.Supervisor.Crash(before);
        device.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(2, device.Supervisor.Started.Count);
        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
    }

    [Fact]
    public void After_a_power_cut_without_a_network_it_serves_again_by_itself()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne)));
        device.Pass(TimeSpan.FromMinutes(1));
        device.Kill();
        device.Supervisor.PowerOff();
        device.Disk.Cut(new Rng(5));
        device.Link.Refusal = MemoryLink.Unreachable;
        device.Fleet.Source.IsAway = true;
        device.Start();
        device.Run();

        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
        Assert.Single(device.Supervisor.Accepting);
        device.Link.Refusal = null;
        device.Pass(TimeSpan.FromMinutes(1));
        Assert.True(device.LastStatus?.Settled);
    }

    [Fact]
    public void A_state_for_another_device_changes_nothing_and_is_reported()
    {
        using TestDevice device = new();
        Digest package = device.Fleet.Package("bearing", ModelOne);
        device.Start();
        device.Want(device.Fleet.Sign(device.Fleet.State(1, TestFleet.Workload("bearing", package)) with
        {
            DeviceKey = Digest.Of("other hardware"u8),
        }));

        Assert.Empty(device.Agent!.State.Workloads);
        Assert.Equal("KEDGE-LINK-006", device.LastStatus?.Refused?.Code);
        Assert.Contains("DesiredRefused", device.Reasons);
    }

    [Fact]
    public void A_changed_state_is_refused_by_its_signature()
    {
        using TestDevice device = new();
        Digest package = device.Fleet.Package("bearing", ModelOne);
        device.Start();
        byte[] signed = device.Fleet.Sign(device.Fleet.State(1, TestFleet.Workload("bearing", package)));
        byte[] changed = Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(signed).Replace("\"generation\":1", "\"generation\":2", StringComparison.Ordinal));
        device.Want(changed);

        Assert.Empty(device.Agent!.State.Workloads);
        Assert.Equal("KEDGE-LINK-003", device.LastStatus?.Refused?.Code);
    }

    [Fact]
    public void A_rotated_key_is_accepted_once_the_owner_has_certified_it()
    {
        using TestDevice device = new();
        Digest package = device.Fleet.Package("bearing", ModelOne);
        using System.Security.Cryptography.ECDsa fresh =
            System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        device.Start();
        byte[] signed = device.Fleet.Sign(device.Fleet.State(1, TestFleet.Workload("bearing", package)), fresh);
        device.Want(signed);
        Assert.Equal("KEDGE-LINK-002", device.LastStatus?.Refused?.Code);

        device.Fleet.Publish(2, [fresh]);
        device.Pass(TimeSpan.FromMinutes(1));
        device.Want(signed);
        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
        Assert.Null(device.LastStatus?.Refused);
    }

    [Fact]
    public void A_package_by_an_unknown_key_is_refused_for_good_and_the_old_version_goes_on()
    {
        using TestDevice device = new();
        using System.Security.Cryptography.ECDsa stranger =
            System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne)));
        device.Want(2, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelTwo, stranger), revision: 2));

        Assert.Equal(1, device.Workload("bearing").Current?.Spec.Revision);
        Assert.Equal("KEDGE-AGENT-012", device.LastStatus?.Workloads.Single().Problem?.Code);
        Assert.Contains("ReleaseQuarantined", device.Reasons);
    }

    [Fact]
    public void A_tampered_chunk_is_refused_and_fetched_again()
    {
        using TestDevice device = new();
        Digest package = device.Fleet.Package("bearing", ModelOne);
        (Digest chunk, byte[] right) = device.Fleet.Source.Chunks.First();
        device.Fleet.Source.Chunks[chunk] = [.. right[..^1], (byte)(right[^1] ^ 1)];
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", package));
        Assert.Equal(WorkloadPhase.Waiting, device.Workload("bearing").Phase);
        Assert.Equal("KEDGE-AGENT-011", device.LastStatus?.Workloads.Single().Problem?.Code);

        device.Fleet.Source.Chunks[chunk] = right;
        device.Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
    }

    [Fact]
    public void A_failed_preflight_keeps_the_old_version()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne)));
        InstanceId old = device.Supervisor.Accepting.Single();
        device.Supervisor.OnPreflight = _ => new StepOutcome.Failed(
            Blame.ReleaseForGood, new Problem("KEDGE-SANDBOX-007", "no sample agrees"));
        device.Want(2, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelTwo), revision: 2));

        Assert.Equal(old, device.Supervisor.Accepting.Single());
        Assert.Equal(old, device.Supervisor.Alive.Single());
        Assert.Equal("KEDGE-SANDBOX-007", device.LastStatus?.Workloads.Single().Problem?.Code);
    }

    [Fact]
    public void A_full_disk_does_not_stop_supervision()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne)));
        device.Pass(TimeSpan.FromMinutes(1));
        device.Disk.CapacityBytes = device.Disk.UsedBytes;
        device.Disk.FaultAt = static path => path.StartsWith("state/", StringComparison.Ordinal)
            ? DiskFault.Full
            : DiskFault.Unknown;
        device.Supervisor.Crash(device.Supervisor.Accepting.Single());
        device.Pass(TimeSpan.FromSeconds(10));
        Assert.Single(device.Supervisor.Accepting);

        device.Want(2);
        Assert.Equal(1, device.Agent!.State.Generation.Value);
        Assert.Equal("KEDGE-LEDGER-003", device.Agent.Snapshot.Status.Refused?.Code);
        device.Disk.FaultAt = null;
        device.Disk.CapacityBytes = long.MaxValue;
        device.Pass(TimeSpan.FromMinutes(2));
        device.Want(3);
        Assert.Empty(device.Supervisor.Alive);
        Assert.Equal(3, device.LastStatus?.Generation);
    }

    [Fact]
    public void A_disk_that_fills_while_fetching_is_reported_and_the_fetch_goes_on_when_there_is_room()
    {
        using TestDevice device = new();
        byte[] large = new byte[3_000_000];
        new Random(1).NextBytes(large);
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne)));
        InstanceId old = device.Supervisor.Accepting.Single();
        device.Disk.CapacityBytes = device.Disk.UsedBytes + 500_000;
        device.Want(2, TestFleet.Workload("bearing", device.Fleet.Package("bearing", large), revision: 2));
        device.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(old, device.Supervisor.Accepting.Single());
        Assert.Equal("KEDGE-AGENT-014", device.LastStatus?.Workloads.Single().Problem?.Code);

        device.Disk.CapacityBytes = long.MaxValue;
        device.Pass(TimeSpan.FromHours(1));
        Assert.Equal(2, device.Workload("bearing").Current?.Spec.Revision);
        Assert.Null(device.LastStatus?.Workloads.Single().Problem);
    }

    [Fact]
    public void A_link_that_breaks_before_the_acknowledgement_sends_again_without_a_gap()
    {
        using TestDevice device = new();
        device.Link.HoldsAcks = true;
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne)));
        int sent = device.Link.Published.Count;
        Assert.True(sent <= Limits.LinkInFlightMax);
        device.Link.Cut();
        device.Link.HoldsAcks = false;
        device.Pass(TimeSpan.FromMinutes(2));

        long[] again = [.. device.Messages.Skip(sent).Select(static m => m.Sequence)];
        Assert.Equal(1, again[0]);
        Assert.Equal(again.Order(), again);
        Assert.True(device.LastStatus?.Settled);
    }

    [Fact]
    public void A_link_that_is_away_is_tried_ever_more_rarely_and_comes_back()
    {
        using TestDevice device = new();
        device.Link.Refusal = MemoryLink.Unreachable;
        device.Start();
        device.Run();
        device.Pass(TimeSpan.FromHours(1));
        Assert.False(device.Agent!.Snapshot.IsLinkUp);
        device.Link.Refusal = null;
        device.Pass(AgentLimits.LinkDelayMax);
        Assert.True(device.Agent.Snapshot.IsLinkUp);
    }
}
