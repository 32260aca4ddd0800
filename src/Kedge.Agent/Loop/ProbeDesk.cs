using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Device;

namespace Kedge.Agent.Loop;

/// <summary>
/// Asks the instances that serve whether they still answer.
/// <para>Problem: a process that hangs, or computes what is wrong, lives on and is seen by nobody; often there is no
/// link either.</para>
/// <para>Approach: each is asked to compute a golden sample now and then, and sooner while it is new or has just
/// failed.
/// Where figures tell that it answered requests well meanwhile, it is not asked. After enough failures in a row the
/// machine is told, which decides; an instance that is only slow because it is busy, so that it goes on answering
/// others, is left in peace.</para>
/// <para>Invariants: only the instance that serves is asked, one question at a time. It changes nothing itself. Lives
/// on
/// the loop.</para>
/// </summary>
/// <param name="parts">What the loop shares.</param>
/// <param name="supervisor">Asks the instances.</param>
/// <param name="figures">Knows how many requests an instance answered well.</param>
/// <param name="failed">Takes what failed.</param>
internal sealed class ProbeDesk(
    LoopParts parts, IProcessSupervisor supervisor, FiguresDesk figures, Action<DeviceEvent> failed)
{
    private readonly Dictionary<DeploymentId, Patient> _patients = [];

    /// <summary>When the next question is due; null for never.</summary>
    internal TimeSpan? Due { get; private set; }

    /// <summary>Follows what serves, and asks who is due.</summary>
    internal void Pump(DeviceState state, CancellationToken cancel)
    {
        Due = null;
        foreach (WorkloadState workload in state.InOrder)
        {
            if (workload.Current is not { } current || current.Spec.Probe.IsOff)
            {
                _ = _patients.Remove(workload.Name);
                continue;
            }

            if (!_patients.TryGetValue(workload.Name, out Patient? patient) || patient.Id != current.Id)
            {
                patient = new Patient(current.Id);
                patient.Next = NextBeat(PeriodOf(current));
                _patients[workload.Name] = patient;
            }

            if (!patient.IsAsked && patient.Next <= parts.Clock.Now)
            {
                Look(patient, current, cancel);
            }

            if (!patient.IsAsked && (Due is null || patient.Next < Due))
            {
                Due = patient.Next;
            }
        }

        Forget(state);
    }

    private void Look(Patient patient, InstanceState current, CancellationToken cancel)
    {
        long seen = figures.AnsweredBy(patient.Id);
        bool isBusy = patient.Answered >= 0 && seen > patient.Answered;
        patient.Answered = seen;
        if (isBusy)
        {
            Passed(patient, current);
            return;
        }

        patient.IsAsked = true;
        parts.Mailbox.Run(
            c => supervisor.ProbeAsync(patient.Id, current.Spec, c),
            outcome => Take(patient, current, outcome as StepOutcome.Failed, cancel),
            cancel);
    }

    private void Take(Patient patient, InstanceState current, StepOutcome.Failed? failure, CancellationToken cancel)
    {
        patient.IsAsked = false;
        ProbeSpec probe = current.Spec.Probe;
        if (failure is null)
        {
            Passed(patient, current);
            return;
        }

        patient.Failures++;
        patient.Next = parts.Clock.Now + AgentLimits.ProbeAgainAfter;
        bool isLast = patient.Failures >= probe.Failures;
        if (isLast && patient.AtFirst < 0)
        {
            GiveUp(patient, failure.Problem);
        }
        else if (isLast || patient.Failures == 1)
        {
            patient.IsAsked = isLast;
            parts.Mailbox.Run(
                c => supervisor.ReadFiguresAsync(patient.Id, c),
                outcome => Weigh(patient, current, isLast ? failure.Problem : null, outcome as FiguresOutcome.Read),
                cancel);
        }
    }

    /// <summary>
    /// Takes how many requests it has answered well by now: at the first failure to compare with, at the last to
    /// judge.
    /// </summary>
    private void Weigh(Patient patient, InstanceState current, Problem? last, FiguresOutcome.Read? read)
    {
        long total = read?.Figures.Latency.Total ?? -1;
        if (last is null)
        {
            patient.AtFirst = total;
            return;
        }

        patient.IsAsked = false;
        if (total > patient.AtFirst)
        {
            Passed(patient, current);
        }
        else
        {
            GiveUp(patient, last);
        }
    }

    private void GiveUp(Patient patient, Problem last) => failed(new DeviceEvent.ProbeFailed(
        patient.Id,
        new Problem(
            DeviceErrors.ProbeFailed.Code,
            $"did not answer its probe {patient.Failures} times in a row, last: {last.Message}")));

    private void Passed(Patient patient, InstanceState current)
    {
        (patient.Failures, patient.AtFirst) = (0, -1);
        patient.Next = NextBeat(PeriodOf(current));
    }

    private static TimeSpan PeriodOf(InstanceState current) =>
        current.Proven || current.Spec.Probe.Every < AgentLimits.ProbePeriodOnTrial
            ? current.Spec.Probe.Every
            : AgentLimits.ProbePeriodOnTrial;

    /// <summary>Instances are asked on one beat, that of figures where the periods fit: the loop wakes once.</summary>
    private TimeSpan NextBeat(TimeSpan period) =>
        TimeSpan.FromTicks((parts.Clock.Now + period).Ticks / period.Ticks * period.Ticks);

    private void Forget(DeviceState state)
    {
        if (_patients.Count > state.Workloads.Count)
        {
            foreach (DeploymentId name in _patients.Keys)
            {
                if (!state.Workloads.ContainsKey(name))
                {
                    _ = _patients.Remove(name); // The one change that an enumeration allows.
                }
            }
        }
    }

    private sealed class Patient(InstanceId id)
    {
        internal InstanceId Id => id;

        internal TimeSpan Next { get; set; }

        internal bool IsAsked { get; set; }

        internal int Failures { get; set; }

        /// <summary>Requests answered well when it was looked at last; -1 where it did not say.</summary>
        internal long Answered { get; set; } = -1;

        /// <summary>Requests answered well at the first of the failures; -1 where it did not say.</summary>
        internal long AtFirst { get; set; } = -1;
    }
}
