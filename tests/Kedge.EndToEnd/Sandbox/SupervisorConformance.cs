using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;

namespace Kedge.EndToEnd.Sandbox;

/// <summary>
/// What <see cref="IProcessSupervisor"/> promises, asked of every driver alike and through the border alone. The loop's
/// other tests and the simulator trust the driver in memory; here it is held to what real processes do.
/// </summary>
public abstract class SupervisorConformance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private static readonly DeploymentId Nobody = new("nobody");

    [Fact]
    public async Task An_instance_starts_passes_takes_the_listener_and_ends_when_it_is_stopped()
    {
        await using ISupervisorStage stage = Stage();
        (InstanceState instance, PreparedRelease release) = await StartAsync(stage, 1);
        Assert.True(instance.Pid > 0);
        Assert.NotEqual("", instance.Nonce);
        _ = Assert.IsType<StepOutcome.Done>(await stage.Supervisor.PreflightAsync(instance.Id, release, default));
        await HandOverAsync(stage, instance);
        await HandOverAsync(stage, instance);
        Task<Problem> end = ExitAsync(stage, instance);
        Assert.False(end.IsCompleted);
        await stage.Supervisor.StopAsync(instance.Id, default);
        Assert.NotEqual("", (await end).Message);

        _ = Assert.IsType<StepOutcome.Failed>(
            await stage.Supervisor.HandOverAsync(instance.Id, stage.Endpoint, default));
        _ = Assert.IsType<StepOutcome.Failed>(await stage.Supervisor.PreflightAsync(instance.Id, release, default));
        _ = Assert.IsType<StepOutcome.Failed>(await stage.Supervisor.ProbeAsync(instance.Id, release.Spec, default));
        _ = Assert.IsType<FiguresOutcome.Failed>(await stage.Supervisor.ReadFiguresAsync(instance.Id, default));
        Assert.False(await stage.Supervisor.ParkAsync(instance.Id, Deadline, default));
        Assert.Equal(0, stage.Supervisor.MemoryOf(instance.Id));
    }

    [Fact]
    public async Task A_release_that_computes_otherwise_is_to_blame_for_good()
    {
        await using ISupervisorStage stage = Stage();
        PreparedRelease wrong = stage.Release(3, isWrong: true);
        InstanceState instance = await stage.StartAsync(wrong);
        StepOutcome outcome = await stage.Supervisor.PreflightAsync(instance.Id, wrong, default);
        Assert.Equal(Blame.ReleaseForGood, Assert.IsType<StepOutcome.Failed>(outcome).Blame);
        Assert.False(ExitAsync(stage, instance).IsCompleted);
    }

    [Fact]
    public async Task What_is_not_there_is_no_error()
    {
        await using ISupervisorStage stage = Stage();
        InstanceId nothing = new(Nobody, 7);
        await stage.Supervisor.StopAsync(nothing, default);
        await stage.Supervisor.DrainAsync(nothing, Deadline, default);
        await stage.Supervisor.EndShadowAsync(nothing, new InstanceId(Nobody, 8), default);
        await stage.Supervisor.CloseListenersAsync(Nobody, default);
        Assert.False(await stage.Supervisor.ParkAsync(nothing, Deadline, default));
        Assert.Equal(0, stage.Supervisor.MemoryOf(nothing));
        _ = Assert.IsType<FiguresOutcome.Failed>(await stage.Supervisor.ReadFiguresAsync(nothing, default));
        _ = Assert.IsType<LogOutcome.Missing>(await stage.Supervisor.ReadLogAsync(Nobody, 10, default));
        _ = Assert.IsType<ShadowOutcome.Gone>(await stage.Supervisor.ShadowAsync(
            nothing, new InstanceId(Nobody, 8), new ShadowSpec(), default));
    }

    [Fact]
    public async Task A_drained_instance_ends_by_itself()
    {
        await using ISupervisorStage stage = Stage();
        (InstanceState instance, _) = await StartAsync(stage, 1);
        await HandOverAsync(stage, instance);
        Task<Problem> end = ExitAsync(stage, instance);
        await stage.Supervisor.DrainAsync(instance.Id, Deadline, default);
        _ = await end;
    }

    [Fact]
    public async Task What_is_parked_says_nothing_and_takes_the_listener_again()
    {
        await using ISupervisorStage stage = Stage();
        (InstanceState old, PreparedRelease release) = await StartAsync(stage, 1);
        await HandOverAsync(stage, old);
        (InstanceState next, _) = await StartAsync(stage, 2);
        Assert.NotEqual((old.Pid, old.Nonce), (next.Pid, next.Nonce));
        await HandOverAsync(stage, next);
        Assert.True(await stage.Supervisor.ParkAsync(old.Id, Deadline, default));
        Assert.True(await stage.Supervisor.ParkAsync(old.Id, Deadline, default));
        _ = Assert.IsType<FiguresOutcome.Failed>(await stage.Supervisor.ReadFiguresAsync(old.Id, default));
        _ = Assert.IsType<StepOutcome.Done>(await stage.Supervisor.ProbeAsync(next.Id, next.Spec, default));

        await HandOverAsync(stage, old);
        Task<Problem> end = ExitAsync(stage, next);
        await stage.Supervisor.DrainAsync(next.Id, Deadline, default);
        _ = await end;
        _ = Assert.IsType<StepOutcome.Done>(await stage.Supervisor.ProbeAsync(old.Id, release.Spec, default));
    }

    [Fact]
    public async Task What_is_parked_ends_at_once_when_it_is_drained()
    {
        await using ISupervisorStage stage = Stage();
        (InstanceState instance, _) = await StartAsync(stage, 1);
        await HandOverAsync(stage, instance);
        Assert.True(await stage.Supervisor.ParkAsync(instance.Id, Deadline, default));
        Task<Problem> end = ExitAsync(stage, instance);
        await stage.Supervisor.DrainAsync(instance.Id, Deadline, default);
        _ = await end;
    }

    [Fact]
    public async Task The_next_agent_takes_up_what_it_knows_and_removes_the_rest()
    {
        await using ISupervisorStage stage = Stage();
        (InstanceState serving, PreparedRelease release) = await StartAsync(stage, 1);
        await HandOverAsync(stage, serving);
        (InstanceState parked, _) = await StartAsync(stage, 2);
        await HandOverAsync(stage, parked);
        await HandOverAsync(stage, serving);
        Assert.True(await stage.Supervisor.ParkAsync(parked.Id, Deadline, default));
        (InstanceState stray, _) = await StartAsync(stage, 3);
        (InstanceState other, _) = await StartAsync(stage, 4);

        ImmutableArray<InstanceId> adopted = await stage.RestartAsync(
            serving, parked, other with { Nonce = "of somebody else" });
        Assert.Equal(
            new[] { serving.Id, parked.Id }.Order(Comparer), adopted.Order(Comparer));
        _ = Assert.IsType<StepOutcome.Failed>(await stage.Supervisor.PreflightAsync(stray.Id, release, default));
        _ = Assert.IsType<StepOutcome.Failed>(await stage.Supervisor.PreflightAsync(other.Id, release, default));
        _ = Assert.IsType<StepOutcome.Done>(await stage.Supervisor.ProbeAsync(serving.Id, release.Spec, default));
        await HandOverAsync(stage, parked);
        Task<Problem> end = ExitAsync(stage, serving);
        await stage.Supervisor.StopAsync(serving.Id, default);
        _ = await end;
    }

    [Fact]
    public async Task What_ended_while_no_agent_looked_is_not_taken_up()
    {
        await using ISupervisorStage stage = Stage();
        (InstanceState instance, _) = await StartAsync(stage, 1);
        await stage.Supervisor.StopAsync(instance.Id, default);
        Assert.Empty(await stage.RestartAsync(instance));
    }

    /// <summary>A supervisor with nothing on it.</summary>
    internal abstract ISupervisorStage Stage();

    private static readonly Comparer<InstanceId> Comparer =
        Comparer<InstanceId>.Create(static (a, b) => a.Number.CompareTo(b.Number));

    private static async Task<(InstanceState Instance, PreparedRelease Release)> StartAsync(
        ISupervisorStage stage, int add)
    {
        PreparedRelease release = stage.Release(add, isWrong: false);
        return (await stage.StartAsync(release), release);
    }

    private static async Task HandOverAsync(ISupervisorStage stage, InstanceState instance) =>
        Assert.IsType<StepOutcome.Done>(
            await stage.Supervisor.HandOverAsync(instance.Id, stage.Endpoint, default));

    private static Task<Problem> ExitAsync(ISupervisorStage stage, InstanceState instance) =>
        stage.Supervisor.WaitForExitAsync(instance.Id, default).AsTask().WaitAsync(Patience);
}

/// <summary>One driver of the border, with releases that it can start.</summary>
internal interface ISupervisorStage : IAsyncDisposable
{
    /// <summary>The supervisor; another one after <see cref="RestartAsync"/>.</summary>
    IProcessSupervisor Supervisor { get; }

    /// <summary>Where its workload answers.</summary>
    EndpointSpec Endpoint { get; }

    /// <summary>A release of its workload.</summary>
    /// <param name="add">Tells releases apart.</param>
    /// <param name="isWrong">True for one that its golden samples do not agree with.</param>
    PreparedRelease Release(int add, bool isWrong);

    /// <summary>Starts an instance; it runs.</summary>
    Task<InstanceState> StartAsync(PreparedRelease release);

    /// <summary>The agent dies; another one comes and adopts.</summary>
    Task<ImmutableArray<InstanceId>> RestartAsync(params InstanceState[] recorded);
}
