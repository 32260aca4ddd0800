using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Models;
using Kedge.Inference.Batching;
using Kedge.Inference.Control;

namespace Kedge.Agent.Sandbox;

/// <summary>What a model server is started with, and how it is seen that it has started.</summary>
internal static class InstanceStart
{
    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(4);

    /// <summary>What it is told to serve; paths are filled in by its launcher.</summary>
    public static ServeConfig ConfigOf(InstancePaths paths, PreparedRelease release, string nonce) => new()
    {
        Nonce = nonce,
        Deployment = release.Spec.Deployment.ToString(),
        Instance = paths.Instance.ToString(),
        Models =
        [
            .. release.Models.Zip(release.Spec.Models, (m, asked) => new ServeModel(
                m.Name,
                asked.Version.Length > 0
                    ? asked.Version
                    : release.Spec.Revision.ToString(CultureInfo.InvariantCulture),
                ModelFormats.Word(m.Format),
                "",
                m.Package.ToString(),
                release.Spec.CountsValues ? m.Reference : "")
            {
                Scheduling = SchedulingOf(asked.Serving),
                IsWarmedUp = asked.Serving.WarmsUp,
            }),
        ],
        ModelMemoryBytes = release.Spec.ModelMemoryBytes,
        ControlSocket = "",
        HttpSocket = "",
        IntraOpThreads = ThreadsFor(release.Spec.Resources),
    };

    private static SchedulingOptions SchedulingOf(ServingSpec serving) => new()
    {
        Instances = serving.Instances,
        Weight = serving.Weight,
        CacheBytes = serving.CacheBytes,
        Batching = serving.Batching is { } batching
            ? new BatchingOptions
            {
                MaxSize = batching.MaxSize,
                Preferred = batching.Preferred,
                MaxDelayUs = batching.MaxDelayUs,
                IsAdaptive = batching.IsAdaptive,
                QueueMax = batching.QueueMax,
                TimeoutUs = batching.TimeoutUs,
                Priorities = PrioritiesOf(batching),
                DefaultPriority = batching.DefaultPriority,
            }
            : new BatchingOptions(),
    };

    private static ImmutableArray<PriorityOptions> PrioritiesOf(BatchingSpec batching)
    {
        ImmutableArray<PriorityOptions>.Builder levels = ImmutableArray.CreateBuilder<PriorityOptions>();
        foreach (PrioritySpec level in batching.Priorities)
        {
            levels.Add(new PriorityOptions { QueueMax = level.QueueMax, TimeoutUs = level.TimeoutUs });
        }

        return levels.ToImmutable();
    }

    /// <summary>No more threads than whole cores of the limit: threads beyond it only wait for their quota.</summary>
    private static int ThreadsFor(ResourceSpec resources) =>
        resources.CpuLimitMilli == 0 ? 0 : Math.Max(1, resources.CpuLimitMilli / 1000);

    /// <summary>Waits until its models are loaded.</summary>
    public static async ValueTask<StartOutcome> WaitReadyAsync(
        LiveInstance live, string nonce, TimeProvider time, CancellationToken cancel)
    {
        long start = time.GetTimestamp();
        string lastWords = "it never answered";
        while (time.GetElapsedTime(start) < AgentLimits.StartDeadline)
        {
            if (live.IsOver)
            {
                return EndedEarly(live.Paths, live.Launcher);
            }

            ControlReply? reply = File.Exists(live.Paths.Control)
                ? await Task.Run(() => StatusOf(live.Paths), cancel).ConfigureAwait(false)
                : null;
            switch (reply?.State)
            {
                case ServeStates.Ready or ServeStates.Serving when reply.Nonce == nonce:
                    return new StartOutcome.Running(
                        live.Process.Pid, ProcessStart.TicksOf(live.Process.Pid) ?? 0, nonce);
                case ServeStates.Failed:
                    return Failed(Blame.Release, SandboxErrors.NotLoaded.Code, reply.Error);
                default:
                    lastWords = reply is null ? lastWords : $"it is {reply.State}";
                    break;
            }

            await Task.Delay(ReadyPoll, time, cancel).ConfigureAwait(false);
        }

        return Failed(Blame.Release, SandboxErrors.NotReady.Code, lastWords);
    }

    /// <summary>Why a process ended while it started.</summary>
    public static StartOutcome.Failed EndedEarly(InstancePaths paths, ILauncher launcher)
    {
        if (launcher.WasOutOfMemory(paths))
        {
            return Failed(Blame.Release, SandboxErrors.OutOfMemory.Code, "it was killed while it loaded its models");
        }

        string words = File.Exists(paths.Output) ? File.ReadAllText(paths.Output).Trim() : "";
        return Failed(
            Blame.Release, SandboxErrors.EndedEarly.Code, words.Length > 300 ? words[^300..] : words);
    }

    /// <summary>What it says of itself; null when nobody answers.</summary>
    public static ControlReply? StatusOf(InstancePaths paths)
    {
        try
        {
            return ControlClient.Ask(paths.Control, ControlOps.Status);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // Not there yet, or not there any more.
            return null;
        }
    }

    private static StartOutcome.Failed Failed(Blame blame, string code, string message) =>
        new(blame, new Problem(code, message));
}
