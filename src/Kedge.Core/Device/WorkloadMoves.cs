using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>
/// The handlers of <see cref="WorkloadMachine"/>'s table: straight-line moves, each named after what it does.
/// </summary>
internal static class WorkloadMoves
{
    public static WorkloadMove Stay(WorkloadMove m, WorkloadEvent e) => m;

    /// <summary>Takes the new target down; what is under way decides later.</summary>
    public static WorkloadMove Retarget(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadSpec spec = e.Spec!; // Assigned always carries one.
        WorkloadState w = m.W;
        return m.With(w with
        {
            Target = spec,
            TargetGeneration = e.Generation,
            Unwanted = false,
            Quarantined = w.Quarantined.RemoveAll(q => q.Release == spec.Digest && q.Revision != spec.Revision),
            Current = w.Current?.Under(spec),
            Candidate = w.Candidate?.Under(spec),
            Standby = w.Standby?.Under(spec),
            Attempt = w.Attempt == spec ? spec : w.Attempt,
        });
    }

    public static WorkloadMove RetargetAndPursue(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadSpec? before = m.W.Unwanted ? null : m.W.Target;
        m = Retarget(m, e);
        if (m.W.Attempt == m.W.Target || (before == m.W.Target && m.W.Phase == WorkloadPhase.Waiting))
        {
            return m;
        }

        if (m.W.Candidate is InstanceState candidate)
        {
            m = m.With(m.W with { Candidate = null }).Then(new DeviceEffect.Stop(candidate.Id));
        }

        return Pursue(m.With(m.W with { FailuresInRow = 0, Volatile = m.W.Volatile with { TriesInRow = 0 } }));
    }

    /// <summary>Lets it go, unless it serves and the device is held: then it stays until the release.</summary>
    public static WorkloadMove Unassign(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadState w = m.W with { TargetGeneration = e.Generation };
        if (m.Hold is not { } hold || w.Current is null)
        {
            return Remove(m.With(w));
        }

        m = m.With(w with { Unwanted = true });
        return w.Phase == WorkloadPhase.HandingOver ? m : WaitHeld(m, hold);
    }

    /// <summary>Lets everything that runs answer what it has begun, and shuts the listener.</summary>
    private static WorkloadMove Remove(WorkloadMove m)
    {
        WorkloadState w = m.W;
        m = m.Then(new DeviceEffect.CloseListener(w.Name));
        ImmutableArray<InstanceState> ending = w.Draining;
        if (w.Candidate is not null)
        {
            ending = ending.Add(w.Candidate);
            m = m.Then(w.Phase == WorkloadPhase.HandingOver
                ? new DeviceEffect.Drain(w.Candidate.Id, Limits.DrainDeadline)
                : new DeviceEffect.Stop(w.Candidate.Id));
        }

        if (w.Current is not null)
        {
            ending = ending.Add(w.Current);
            m = m.Then(new DeviceEffect.Drain(w.Current.Id, Limits.DrainDeadline));
        }

        if (w.Standby is not null)
        {
            ending = ending.Add(w.Standby);
            m = m.Then(new DeviceEffect.Stop(w.Standby.Id));
        }

        return DrainMoves.ForgetIfDone(m.With(w with
        {
            Target = null,
            Unwanted = false,
            Phase = WorkloadPhase.Removing,
            Attempt = null,
            Candidate = null,
            Current = null,
            Standby = null,
            Draining = ending,
            Problem = null,
            Volatile = new VolatileState(),
        }));
    }

    /// <summary>
    /// What next, when nothing is under way: nothing if what is wanted runs; else fetch it. A quarantined target is
    /// never
    /// wanted: whatever serves goes on, or the last good release comes back.
    /// </summary>
    public static WorkloadMove Pursue(WorkloadMove m)
    {
        WorkloadState w = m.W with
        {
            Attempt = null,
            Problem = m.W.Problem is { } said && DeviceErrors.IsWait(said.Code) ? null : m.W.Problem,
            Volatile = m.W.Volatile with { RetryAt = null },
        };
        m = m.With(w);
        if (w.Unwanted && (m.Hold is null || w.Current is not null))
        {
            return m.Hold is null ? Remove(m) : WaitHeld(m, m.Hold);
        }

        WorkloadSpec? target = Allowed(m, w.Target);
        WorkloadSpec? aim = target ?? Allowed(m, w.LastGood);
        bool keep = w.Current is not null
            && (w.Current.Spec == target || (target is null && (aim is null || !m.IsQuarantined(w.Current.Spec))));
        if (keep)
        {
            return m.With(w with
            {
                Phase = WorkloadPhase.Serving,
                Problem = target is null ? WhyRefused(w) : null,
            });
        }

        return aim is null
            ? m.With(w with { Phase = WorkloadPhase.Stopped, Problem = WhyRefused(w) ?? w.Problem })
            : Fetch(m, aim);
    }

    public static WorkloadMove RetryNow(WorkloadMove m, WorkloadEvent e) => Pursue(m);

    internal static WorkloadMove StartCandidate(WorkloadMove m)
    {
        WorkloadSpec spec = m.W.Attempt!; // Fetching and Yielding always have an attempt.
        long number = m.LastInstance + 1;
        InstanceState candidate = new() { Id = new InstanceId(m.W.Name, number), Spec = spec };
        return (m with { LastInstance = number })
            .With(m.W with { Phase = WorkloadPhase.Starting, Candidate = candidate })
            .Then(new DeviceEffect.Start(candidate.Id, spec));
    }

    /// <summary>What may be replaced is not what it was: go on with what waits, or put off what is under way.</summary>
    public static WorkloadMove Reconsider(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadState w = m.W;
        if (w.Unwanted && m.Hold is null)
        {
            return Remove(m);
        }

        if (w.Candidate is { } candidate)
        {
            return ShadowMoves.WhyPutOff(m, candidate.Spec) is { } why ? WaitHeld(m, why) : m;
        }

        if (w.Phase != WorkloadPhase.Waiting || w.Volatile.RetryAt is not null)
        {
            return m;
        }

        WorkloadSpec? aim = Allowed(m, w.Target) ?? Allowed(m, w.LastGood);
        Problem? still = w.Unwanted ? m.Hold : aim is null ? null : ShadowMoves.WhyPutOff(m, aim);
        return still is null ? Pursue(m) : m.With(w with { Problem = still });
    }

    public static WorkloadMove PreflightOrHandOver(WorkloadMove m, WorkloadEvent e)
    {
        m = m.With(m.W with { Candidate = e.Candidate });
        return m.W.Passed.Contains(PassOf(m, m.W.Attempt!))
            ? ShadowMoves.CompareOrHandOver(m)
            : Preflight(m);
    }

    public static WorkloadMove RememberPassAndHandOver(WorkloadMove m, WorkloadEvent e)
    {
        ImmutableArray<PreflightPass> passed = m.W.Passed.Add(PassOf(m, m.W.Attempt!));
        return ShadowMoves.CompareOrHandOver(
            m.With(m.W with { Passed = Newest(passed, Limits.PreflightsPerWorkloadMax) }));
    }

    /// <summary>The candidate serves now; what served before drains, or waits to come back.</summary>
    public static WorkloadMove Promote(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadState w = m.W;
        InstanceState promoted = w.Candidate! with
        {
            Proven = w.Candidate!.Spec == w.LastGood,
            Thawed = false,
        };
        m = m.With(w with
        {
            Phase = WorkloadPhase.Serving,
            Current = promoted,
            Candidate = null,
            Attempt = null,
            LastGood = w.LastGood ?? LossMoves.BestKnown(m),
            Volatile = w.Volatile with
            {
                ProvenAt = promoted.Proven ? null : m.Now + Limits.ProvenAfter,
                ServingSince = m.Now,
                LossesInRow = promoted.Proven ? w.Volatile.LossesInRow : 0,
            },
        });
        m = StandbyMoves.Replace(m, w.Current, w.Candidate.Thawed, e.Room);
        bool fellBack = m.W.Target is not null && promoted.Spec != m.W.Target && !m.IsQuarantined(m.W.Target);
        return fellBack && m.W.Volatile.TriesInRow > 0
            ? Wait(m)
            : Pursue(m.With(m.W with { Volatile = m.W.Volatile with { TriesInRow = 0 } }));
    }

    public static WorkloadMove StopCandidateAndFail(WorkloadMove m, WorkloadEvent e)
    {
        InstanceId candidate = m.W.Candidate!.Id; // Preflighting and HandingOver always have one.
        return Fail(m.Then(new DeviceEffect.Stop(candidate)), e);
    }

    /// <summary>The attempt failed: wait, or quarantine it and look for something else.</summary>
    public static WorkloadMove Fail(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadState w = m.W;
        Problem problem = e.Problem!; // Failures always carry one.
        WorkloadSpec failed = w.Attempt!;

        // A cold try has cost a pause: it is not made for ever, whoever is to blame.
        int failures = w.FailuresInRow + (e.Blame == Blame.Device && !w.Volatile.IsCold ? 0 : 1);
        m = m.With(w with
        {
            Candidate = null,
            Attempt = null,
            FailuresInRow = failures,
            Problem = problem,
            Volatile = w.Volatile with { TriesInRow = w.Volatile.TriesInRow + 1 },
        });
        if (e.Blame == Blame.ReleaseForGood)
        {
            return Pursue(QuarantineRelease(m, failed, problem));
        }

        if (failures >= Limits.ReleaseFailuresMax)
        {
            return Pursue(QuarantineRelease(m, failed, CrashLoop(failures, problem)));
        }

        WorkloadSpec? fallback = m.W.Current is null ? Allowed(m, m.W.LastGood) : null;
        return fallback is not null && fallback != failed ? Fetch(m, fallback) : Wait(m);
    }

    /// <summary>
    /// The serving instance is gone. One that waits frozen or still drains accepts again until something better comes.
    /// </summary>
    public static WorkloadMove LoseCurrent(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadState w = m.W;
        VolatileState clock = w.Volatile with { ProvenAt = null, ServingSince = m.Now };
        InstanceState? stand = w.Draining.Append(w.Standby).OfType<InstanceState>()
            .LastOrDefault(d => d.Spec != w.Current!.Spec && !m.IsQuarantined(d.Spec));
        if (stand is null)
        {
            return m.With(w with { Current = null, Volatile = clock });
        }

        clock = stand.Id == w.Standby?.Id ? clock with { StandbyUntil = null } : clock;
        return m.With(w with
        {
            Current = stand with { Thawed = true },
            Draining = w.Draining.RemoveAll(d => d.Id == stand.Id),
            Standby = stand.Id == w.Standby?.Id ? null : w.Standby,
            Volatile = stand.Proven ? clock : clock with { ProvenAt = m.Now + Limits.ProvenAfter },
        })
            .Then(new DeviceEffect.Resume(stand.Id, stand.Spec.Endpoint));
    }

    public static WorkloadMove Prove(WorkloadMove m, WorkloadEvent e)
    {
        InstanceState proven = m.W.Current! with { Proven = true };
        return m.With(m.W with
        {
            Current = proven,
            LastGood = proven.Spec,
            GoodBefore = LossMoves.GoodBefore(m.W, proven.Spec),
            FailuresInRow = m.W.Attempt is null ? 0 : m.W.FailuresInRow,
            Volatile = m.W.Volatile with { ProvenAt = null },
        });
    }

    public static WorkloadMove ResumeFetching(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadSpec attempt = m.W.Attempt!;
        WorkloadSpec? before = m.W.Current?.Spec;
        m = Sight(m, e);
        return FetchOrPursue(m, m.W.Current is null ? Allowed(m, before) ?? attempt : attempt);
    }

    public static WorkloadMove ResumeStarting(WorkloadMove m, WorkloadEvent e)
    {
        InstanceState candidate = m.W.Candidate!;
        WorkloadSpec? before = m.W.Current?.Spec;
        m = Sight(m, e).Then(new DeviceEffect.Stop(candidate.Id));
        WorkloadSpec next = m.W.Current is null ? Allowed(m, before) ?? candidate.Spec : candidate.Spec;
        return FetchOrPursue(m.With(m.W with { Candidate = null }), next);
    }

    public static WorkloadMove ResumePreflighting(WorkloadMove m, WorkloadEvent e)
    {
        InstanceState candidate = m.W.Candidate!;
        WorkloadMove seen = Sight(m, e);
        bool goesOn = e.Alive.Contains(candidate.Id) && Allowed(m, candidate.Spec) is not null
            && ShadowMoves.WhyPutOff(seen, candidate.Spec) is null;
        return goesOn ? Preflight(seen.Then(new DeviceEffect.Watch(candidate))) : ResumeStarting(m, e);
    }

    public static WorkloadMove ResumeHandingOver(WorkloadMove m, WorkloadEvent e) =>
        e.Alive.Contains(m.W.Candidate!.Id) && Allowed(m, m.W.Candidate.Spec) is not null
            ? HandOver(Sight(m, e).Then(new DeviceEffect.Watch(m.W.Candidate)))
            : ResumeStarting(m, e);

    /// <summary>What served while its successor was held back comes back first: that nothing runs is no reason to
    /// change.
    /// </summary>
    public static WorkloadMove ResumeSteady(WorkloadMove m, WorkloadEvent e)
    {
        bool wasHeld = m.W.Phase == WorkloadPhase.Waiting
            && m.W.Problem is { } problem && DeviceErrors.IsWait(problem.Code);
        WorkloadSpec? before = m.W.Current?.Spec;
        m = Sight(m, e);
        return wasHeld && m.W.Current is null && Allowed(m, before) is { } spec ? Fetch(m, spec) : Pursue(m);
    }

    public static WorkloadMove ResumeRemoving(WorkloadMove m, WorkloadEvent e) =>
        DrainMoves.ForgetIfDone(Sight(m, e).Then(new DeviceEffect.CloseListener(m.W.Name)));

    /// <summary>What of the serving and draining instances is still alive.</summary>
    public static WorkloadMove Sight(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadState w = m.W;
        InstanceState? current = w.Current is not null && e.Alive.Contains(w.Current.Id) ? w.Current : null;
        InstanceState? standby = w.Standby is not null && e.Alive.Contains(w.Standby.Id) ? w.Standby : null;
        ImmutableArray<InstanceState> draining = w.Draining.RemoveAll(d => !e.Alive.Contains(d.Id));
        m = m.With(w with
        {
            Current = current,
            Standby = standby,
            Draining = draining,
            Volatile = new VolatileState
            {
                ProvenAt = current is { Proven: false }
                ? m.Now + Limits.ProvenAfter
                : null,
                StandbyUntil = standby is null ? null : m.Now + ((w.Current?.Spec ?? w.Target)?.StandbyFor ?? default),
            },
        });
        if (current is not null)
        {
            m = m.Then(new DeviceEffect.Watch(current));
            m = current.Thawed ? m.Then(new DeviceEffect.Resume(current.Id, current.Spec.Endpoint)) : m;
        }

        if (standby is not null)
        {
            m = m.Then(new DeviceEffect.Watch(standby))
                .Then(new DeviceEffect.Park(standby.Id, Limits.DrainDeadline));
        }

        foreach (InstanceState instance in draining)
        {
            m = m.Then(new DeviceEffect.Watch(instance))
                .Then(new DeviceEffect.Drain(instance.Id, Limits.DrainDeadline));
        }

        return m;
    }

    public static WorkloadMove Fetch(WorkloadMove m, WorkloadSpec spec) => m.W.Standby?.Spec == spec
        ? StandbyMoves.Thaw(m, spec)
        : m.With(m.W with
        {
            Phase = WorkloadPhase.Fetching,
            Attempt = spec,
            Volatile = m.W.Volatile with { RetryAt = null },
        })
            .Then(new DeviceEffect.Fetch(spec));

    internal static WorkloadMove FetchOrPursue(WorkloadMove m, WorkloadSpec spec) =>
        m.IsQuarantined(spec) ? Pursue(m) : Fetch(m, spec);

    public static WorkloadSpec? Allowed(WorkloadMove m, WorkloadSpec? spec) =>
        spec is not null && !m.IsQuarantined(spec) ? spec : null;

    private static WorkloadMove Preflight(WorkloadMove m) => m
        .With(m.W with { Phase = WorkloadPhase.Preflighting })
        .Then(new DeviceEffect.Preflight(m.W.Candidate!.Id, m.W.Candidate.Spec));

    public static WorkloadMove HandOver(WorkloadMove m) => m
        .With(m.W with { Phase = WorkloadPhase.HandingOver })
        .Then(new DeviceEffect.HandOver(m.W.Candidate!.Id, m.W.Candidate.Spec.Endpoint));

    internal static WorkloadMove Wait(WorkloadMove m) => m.With(m.W with
    {
        Phase = WorkloadPhase.Waiting,
        Attempt = null,
        Volatile = m.W.Volatile with { RetryAt = m.Now + RetryDelay(m.W.Volatile.TriesInRow) },
    });

    /// <summary>What is ready waits until what serves may be replaced; no time is set for it here.</summary>
    public static WorkloadMove WaitHeld(WorkloadMove m, Problem why)
    {
        if (m.W.Candidate is { } candidate)
        {
            m = m.Then(new DeviceEffect.Stop(candidate.Id));
        }

        return m.With(m.W with
        {
            Phase = WorkloadPhase.Waiting,
            Attempt = null,
            Candidate = null,
            Problem = why,
            Volatile = m.W.Volatile with { RetryAt = null },
        });
    }

    /// <summary>
    /// Why what serves may not be replaced by this release now; null when it may. Nothing is held back where nothing
    /// serves or what serves is known to be bad, and no window holds a way back to what served before.
    /// </summary>
    public static Problem? WhyHeld(WorkloadMove m, WorkloadSpec next) =>
        m.W.Current is not { } current || current.Spec == next || m.IsQuarantined(current.Spec) ? null
        : m.Hold ?? (IsWayBack(m.W, current.Spec, next) ? null : m.Window);

    /// <summary>A pass with a share of the samples that was asked for says nothing about another share.</summary>
    private static PreflightPass PassOf(WorkloadMove m, WorkloadSpec spec) => new(
        spec.Digest,
        spec.GoldenPpm == 0 ? m.Runtime : string.Create(
            CultureInfo.InvariantCulture, $"{m.Runtime}, {spec.GoldenPpm} of a million agree"));

    public static bool IsWayBack(WorkloadState w, WorkloadSpec current, WorkloadSpec next) =>
        next == w.LastGood
        || (next.Revision < current.Revision && w.Passed.Any(p => p.Release == next.Digest));

    private static TimeSpan RetryDelay(int tries)
    {
        double factor = Math.Pow(2, Math.Clamp(tries - 1, 0, 30));
        return TimeSpan.FromTicks((long)Math.Min(
            Limits.RetryDelayMin.Ticks * factor, Limits.RetryDelayMax.Ticks));
    }

    internal static WorkloadMove QuarantineRelease(WorkloadMove m, WorkloadSpec spec, Problem problem)
    {
        WorkloadState w = m.W;
        Quarantine entry = new(spec.Digest, w.TargetGeneration, spec.Revision, problem);
        return m.With(w with
        {
            Quarantined = Newest(w.Quarantined.Add(entry), Limits.QuarantinedPerWorkloadMax),
            FailuresInRow = 0,
            Volatile = w.Volatile with { TriesInRow = 0 },
        });
    }

    /// <summary>Quarantines the target of a generation under which the agent itself kept crashing.</summary>
    public static WorkloadMove Poison(WorkloadMove m, Problem problem)
    {
        bool suspect = m.W.Target is not null && m.W.LastGood is not null && m.W.Target != m.W.LastGood
            && !m.IsQuarantined(m.W.Target);
        return suspect ? QuarantineRelease(m, m.W.Target!, problem) : m;
    }

    private static Problem? WhyRefused(WorkloadState w) =>
        w.Quarantined.LastOrDefault(q => q.Release == w.Target?.Digest)?.Problem;

    internal static Problem CrashLoop(int failures, Problem last) => new(
        DeviceErrors.CrashLoop.Code,
        $"failed {failures} times in a row and is quarantined; the last time: {last.Code} {last.Message}");

    public static ImmutableArray<T> Newest<T>(ImmutableArray<T> items, int countMax) =>
        items.Length <= countMax ? items : items.RemoveRange(0, items.Length - countMax);
}
