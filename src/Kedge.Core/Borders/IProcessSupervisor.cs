using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Core.Models;

namespace Kedge.Core.Borders;

/// <summary>
/// Starts, asks and ends the processes that serve models, and owns their listeners. Problem: a workload outlives the
/// agent, and a version is replaced by another without a lost request. Approach: an instance is known by its id alone;
/// the supervisor keeps what it needs (folder, pidfd, control socket) and can find all of it again by
/// <see cref="AdoptAsync"/>. Invariants: one process per id, ever; the listener of a workload is opened once and lent
/// to
/// one instance after the other; nothing of an instance is left once <see cref="WaitForExitAsync"/> completed.
/// It decides nothing: what follows from an outcome is the device machine's.
/// </summary>
public interface IProcessSupervisor
{
    /// <summary>Finds out what can run here by running it. Called once, before anything else.</summary>
    ValueTask<SandboxFacts> TestAsync(CancellationToken cancel);

    /// <summary>
    /// Takes up what outlived an agent: of the recorded instances those whose process lives and proved itself by pid,
    /// start time and nonce, their listeners included; everything else that a supervisor of this device ever started is
    /// ended and removed. Called once, before any instance is started.
    /// </summary>
    ValueTask<ImmutableArray<InstanceId>> AdoptAsync(ImmutableArray<InstanceState> recorded, CancellationToken cancel);

    /// <summary>
    /// Starts a process without the listener; completes when its models are loaded. After a failure nothing of it is
    /// left.
    /// </summary>
    ValueTask<StartOutcome> StartAsync(InstanceId instance, PreparedRelease release, CancellationToken cancel);

    /// <summary>Runs the golden samples of every model against a started instance.</summary>
    ValueTask<StepOutcome> PreflightAsync(InstanceId instance, PreparedRelease release, CancellationToken cancel);

    /// <summary>
    /// Lets an instance see copies of the requests that another one answers, and says what was compared so far. Asked
    /// again it goes on with what was counted, also under a later agent; a connection that broke is made anew. It ends
    /// by
    /// itself when nobody asks for <see cref="Limits.ShadowLease"/>, or when one of the two ends or drains. No answer
    /// of
    /// the one that sees copies ever reaches whoever asked, and no request waits for it.
    /// </summary>
    /// <param name="instance">Which sees copies.</param>
    /// <param name="beside">Which answers.</param>
    /// <param name="spec">How many, and how far values may be apart.</param>
    /// <param name="cancel">Gives it up.</param>
    ValueTask<ShadowOutcome> ShadowAsync(
        InstanceId instance, InstanceId beside, ShadowSpec spec, CancellationToken cancel);

    /// <summary>Ends what <see cref="ShadowAsync"/> began for the same two; no error where nothing is.</summary>
    ValueTask EndShadowAsync(InstanceId instance, InstanceId beside, CancellationToken cancel);

    /// <summary>
    /// Gives the workload's listener at <paramref name="endpoint"/> to an instance, opening it where it is not open.
    /// One
    /// that is parked or being parked is taken back; one that has it already keeps it.
    /// </summary>
    ValueTask<StepOutcome> HandOverAsync(InstanceId instance, EndpointSpec endpoint, CancellationToken cancel);

    /// <summary>
    /// Tells an instance to stop accepting and to end by itself; it is killed when the deadline has passed.
    /// </summary>
    ValueTask DrainAsync(InstanceId instance, TimeSpan deadline, CancellationToken cancel);

    /// <summary>Takes a drain or a parking back. An instance that cannot come back is killed.</summary>
    ValueTask ResumeAsync(InstanceId instance, EndpointSpec endpoint, CancellationToken cancel);

    /// <summary>
    /// Tells an instance to stop accepting, lets its connections end, takes the listener from it and freezes it: it
    /// takes no time of a processor until it is handed the listener again. A frozen instance can be adopted and
    /// stopped; it has no figures. Where it cannot be frozen it is drained.
    /// </summary>
    /// <returns>True once it is frozen; false when it was taken back meanwhile, or ends.</returns>
    ValueTask<bool> ParkAsync(InstanceId instance, TimeSpan deadline, CancellationToken cancel);

    /// <summary>Memory that an instance holds now, in bytes; 0 where nobody knows. Does not block.</summary>
    long MemoryOf(InstanceId instance);

    /// <summary>
    /// Kills an instance and removes what it leaves; done when nothing is left. One that is not there is no error.
    /// </summary>
    ValueTask StopAsync(InstanceId instance, CancellationToken cancel);

    /// <summary>
    /// Completes when an instance that was started or adopted has ended and nothing of it is left; says how it ended.
    /// </summary>
    ValueTask<Problem> WaitForExitAsync(InstanceId instance, CancellationToken cancel);

    /// <summary>Closes the listeners of a workload that is gone.</summary>
    ValueTask CloseListenersAsync(DeploymentId workload, CancellationToken cancel);

    /// <summary>
    /// The last lines that a workload wrote: those of the instance that ended last, then those of its newest instance.
    /// What a process wrote is not trusted: it is read bounded and never followed out of the instance's folder.
    /// </summary>
    /// <param name="workload">Whose.</param>
    /// <param name="lines">How many at most, from 1; fewer where they exceed
    /// <see cref="Limits.UpMessageBytesMax"/>.</param>
    /// <param name="cancel">Gives it up.</param>
    ValueTask<LogOutcome> ReadLogAsync(DeploymentId workload, int lines, CancellationToken cancel);

    /// <summary>
    /// What an instance has counted since it started, and its memory now. What a process says of itself is not trusted:
    /// it is read bounded, and only what fits together is handed on.
    /// </summary>
    ValueTask<FiguresOutcome> ReadFiguresAsync(InstanceId instance, CancellationToken cancel);

    /// <summary>
    /// Asks a serving instance whether it still answers as it should: it computes one golden sample on the way that a
    /// request takes, or says that a model without any is ready. What it computes here counts in no figures. Completes
    /// within <see cref="ProbeSpec.Timeout"/> of <paramref name="spec"/>.
    /// </summary>
    /// <param name="instance">Which.</param>
    /// <param name="spec">What it runs, and how long it may take.</param>
    /// <param name="cancel">Gives it up.</param>
    ValueTask<StepOutcome> ProbeAsync(InstanceId instance, WorkloadSpec spec, CancellationToken cancel);
}

/// <summary>What a device can run workloads in.</summary>
/// <param name="Name">As <c>runc 1.1.5</c>; empty where no sandbox works.</param>
/// <param name="Problem">Why none works; null where one does.</param>
/// <param name="Missing">Protections that it cannot give here, each a short sentence.</param>
/// <param name="Runtime">Version of server and runtime, and the hardware class: preflight results hold for it
/// only.</param>
public sealed record SandboxFacts(string Name, Problem? Problem, ImmutableArray<string> Missing, string Runtime);

/// <summary>A release whose content is there and was verified just now. Never compared.</summary>
/// <param name="Spec">The release.</param>
/// <param name="Models">Its models, in the order of the spec.</param>
public sealed record PreparedRelease(WorkloadSpec Spec, ImmutableArray<PreparedModel> Models);

/// <summary>One model of a release, on the agent's disk. Never compared.</summary>
/// <param name="Name">The name under which it is served.</param>
/// <param name="Package">Its package.</param>
/// <param name="Format">How the entry file is read.</param>
/// <param name="Folder">Folder of the variant's files, a path of <see cref="IDisk"/>.</param>
/// <param name="EntryFile">The file that the runtime is given, relative to <paramref name="Folder"/>.</param>
/// <param name="Golden">File of the golden samples, a path of <see cref="IDisk"/>; null when the package has
/// none.</param>
public sealed record PreparedModel(
    string Name, Digest Package, ModelFormat Format, string Folder, string EntryFile, string? Golden)
{
    /// <summary>How its values were spread when it was packaged, as <see cref="ValueReference"/> writes it; empty for
    /// unknown.</summary>
    public string Reference { get; init; } = "";

    /// <summary>How far its answers may be from the golden samples; null for what the samples say.</summary>
    public GoldenTolerance? Tolerance { get; init; }

    /// <summary>As <see cref="WorkloadModel.Version"/>.</summary>
    public string Version { get; init; } = "";

    /// <summary>As <see cref="WorkloadModel.Key"/>.</summary>
    public string Key => WorkloadModel.KeyOf(Name, Version);

    /// <summary>The graph around it, relative to <see cref="Folder"/>; empty for none.</summary>
    public string Graph { get; init; } = "";

    /// <summary>Labels of its classes, relative to <see cref="Folder"/>; empty for none.</summary>
    public string Labels { get; init; } = "";

    /// <summary>True where its graph decodes images.</summary>
    public bool DecodesImages { get; init; }

    /// <summary>True where its graph runs a model in TensorFlow Lite beside it.</summary>
    public bool RunsTfLite { get; init; }

    /// <summary>True where its graph runs a model in ONNX beside it.</summary>
    public bool RunsOnnx { get; init; }
}

/// <summary>What became of a start.</summary>
[Closed]
public abstract record StartOutcome
{
    private StartOutcome()
    {
    }

    /// <summary>It runs and its models are loaded.</summary>
    /// <param name="Pid">Process id, from 1.</param>
    /// <param name="StartTicks">Start time of the process in clock ticks since boot (proc(5), field 22).</param>
    /// <param name="Nonce">What it answers with.</param>
    public sealed record Running(int Pid, long StartTicks, string Nonce) : StartOutcome;

    /// <summary>It does not run, and nothing of it is left.</summary>
    /// <param name="Blame">Whose fault it is.</param>
    /// <param name="Problem">Why.</param>
    public sealed record Failed(Blame Blame, Problem Problem) : StartOutcome;
}

/// <summary>What became of a preflight, a handover or a probe.</summary>
[Closed]
public abstract record StepOutcome
{
    private StepOutcome()
    {
    }

    /// <summary>It worked.</summary>
    public sealed record Done : StepOutcome;

    /// <summary>It did not; the instance is as it was.</summary>
    /// <param name="Blame">Whose fault it is.</param>
    /// <param name="Problem">Why.</param>
    public sealed record Failed(Blame Blame, Problem Problem) : StepOutcome;
}

/// <summary>What became of reading a log.</summary>
[Closed]
public abstract record LogOutcome
{
    private LogOutcome()
    {
    }

    /// <summary>There is one.</summary>
    /// <param name="Text">Whole lines, each ended by a line feed; empty when nothing was written yet.</param>
    public sealed record Read(string Text) : LogOutcome;

    /// <summary>No instance of the workload runs or has run since the device started.</summary>
    public sealed record Missing : LogOutcome;

    /// <summary>It is there and cannot be read.</summary>
    /// <param name="Problem">Why.</param>
    public sealed record Failed(Problem Problem) : LogOutcome;
}

/// <summary>What an instance counted since it started, on every socket.</summary>
/// <param name="Requests">Inference requests that were answered, 0..<see cref="FigureWindow.RequestsMax"/>.</param>
/// <param name="Failures">Those of them that were answered with an error.</param>
/// <param name="Latency">Times of those that were answered well, at most <paramref name="Requests"/>.</param>
/// <param name="MemoryBytes">Memory that it holds now, page cache left out; 0 where that cannot be read.</param>
public sealed record InstanceFigures(long Requests, long Failures, LatencySketch Latency, long MemoryBytes)
{
    /// <summary>What <see cref="HeatMilliCelsius"/> says where the device has no thermal zone that answers.</summary>
    public const int NoHeat = int.MinValue;

    /// <summary>Its device's hottest thermal zone now, in thousandths of a degree Celsius.</summary>
    public int HeatMilliCelsius { get; init; } = NoHeat;

    /// <summary>Golden samples that were tried on it before it could serve; 0 where none were.</summary>
    public int GoldenSamples { get; init; }

    /// <summary>Those of them that agreed.</summary>
    public int GoldenAgreed { get; init; }

    /// <summary>Values of some of its requests, by bin; empty where its release does not ask for them.</summary>
    public ValueTally Values { get; init; } = ValueTally.Empty;
}

/// <summary>What became of reading figures.</summary>
[Closed]
public abstract record FiguresOutcome
{
    private FiguresOutcome()
    {
    }

    /// <summary>There they are.</summary>
    /// <param name="Figures">The figures.</param>
    public sealed record Read(InstanceFigures Figures) : FiguresOutcome;

    /// <summary>The instance is gone, does not answer, or is too old to count.</summary>
    /// <param name="Problem">Why.</param>
    public sealed record Failed(Problem Problem) : FiguresOutcome;
}
