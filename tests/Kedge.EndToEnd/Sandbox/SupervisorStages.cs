using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Tests.Support.Devices;

namespace Kedge.EndToEnd.Sandbox;

/// <summary>Real processes in OCI sandboxes.</summary>
public sealed class OciSupervisorTests : SupervisorConformance
{
    internal override ISupervisorStage Stage() => new RealStage(new SandboxBench(), SandboxRule.Required);
}

/// <summary>Real processes without a sandbox.</summary>
public sealed class BareSupervisorTests : SupervisorConformance
{
    internal override ISupervisorStage Stage() => new RealStage(
        new SandboxBench(static o => o with { Runtimes = [], AllowsNoSandbox = true }), SandboxRule.None);
}

/// <summary>The driver in memory, which most other tests of the agent and the simulator stand on.</summary>
public sealed class MemorySupervisorTests : SupervisorConformance
{
    internal override ISupervisorStage Stage() => new MemoryStage();
}

/// <summary>A stage on real processes.</summary>
internal sealed class RealStage(SandboxBench bench, SandboxRule rule) : ISupervisorStage
{
    private bool _isTested;

    public IProcessSupervisor Supervisor => bench.Supervisor;

    public EndpointSpec Endpoint => bench.Endpoint;

    public PreparedRelease Release(int add, bool isWrong) => bench.Release(add, isWrong ? add : add + 1, sandbox: rule);

    public async Task<InstanceState> StartAsync(PreparedRelease release)
    {
        if (!_isTested)
        {
            _isTested = true;
            _ = await bench.Supervisor.TestAsync(CancellationToken.None);
        }

        return await bench.StartAsync(release);
    }

    public Task<ImmutableArray<InstanceId>> RestartAsync(params InstanceState[] recorded) =>
        bench.RestartAsync(recorded);

    public ValueTask DisposeAsync() => bench.DisposeAsync();
}

/// <summary>A stage in memory.</summary>
internal sealed class MemoryStage : ISupervisorStage
{
    private static readonly StepOutcome.Failed Disagrees =
        new(Blame.ReleaseForGood, new Problem("KEDGE-TEST-007", "golden samples missed"));

    private readonly SandboxBench _releases = new();
    private readonly HashSet<Digest> _wrong = [];
    private readonly MemorySupervisor _supervisor = new();
    private long _number;

    public MemoryStage()
    {
        _supervisor.OnPreflight = release => _wrong.Contains(release.Spec.Digest) ? Disagrees : null;
    }

    public IProcessSupervisor Supervisor => _supervisor;

    public EndpointSpec Endpoint => _releases.Endpoint;

    public PreparedRelease Release(int add, bool isWrong)
    {
        PreparedRelease release = _releases.Release(add, isWrong ? add : add + 1);
        if (isWrong)
        {
            _ = _wrong.Add(release.Spec.Digest);
        }

        return release;
    }

    public async Task<InstanceState> StartAsync(PreparedRelease release)
    {
        InstanceId id = new(release.Spec.Deployment, ++_number);
        StartOutcome.Running running = Assert.IsType<StartOutcome.Running>(
            await _supervisor.StartAsync(id, release, CancellationToken.None));
        return new InstanceState
        {
            Id = id,
            Spec = release.Spec,
            Pid = running.Pid,
            StartTicks = running.StartTicks,
            Nonce = running.Nonce,
        };
    }

    public async Task<ImmutableArray<InstanceId>> RestartAsync(params InstanceState[] recorded) =>
        await _supervisor.AdoptAsync([.. recorded], CancellationToken.None);

    public ValueTask DisposeAsync() => _releases.DisposeAsync();
}
