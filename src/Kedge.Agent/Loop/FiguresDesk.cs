using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Loop;

/// <summary>
/// Asks the instances that serve for their figures and tells the server.
/// <para>Problem: a rollout is judged by what its devices count, within seconds; the same devices idle on a metered
/// link
/// for months.</para>
/// <para>Approach: an instance is asked every second while it is new, then four times a minute; what it counted goes
/// into
/// windows, and a window is told when its counts moved or when it closes. Figures are told again rather than kept:
/// nothing is spooled, nothing is repeated on the same connection, and everything is said once more on the next. While
/// the link is down nobody is asked; the sums go on in the process that counts.</para>
/// <para>Invariants: at most one question per instance and one message per workload are on their way; what an instance
/// says reaches the server only where it fits together. It changes nothing on the device. Lives on the loop.</para>
/// </summary>
/// <param name="parts">What the loop shares.</param>
/// <param name="supervisor">Asks the instances.</param>
/// <param name="send">Sends a message over the link that is up, then calls back.</param>
internal sealed class FiguresDesk(
    LoopParts parts, IProcessSupervisor supervisor, Action<byte[], Action<PublishOutcome>> send)
{
    private readonly Dictionary<DeploymentId, WorkloadFigures> _workloads = [];
    private int _sending;
    private long _epoch;

    /// <summary>When the next question is due; null for never.</summary>
    internal TimeSpan? Due { get; private set; }

    /// <summary>Follows what serves, asks who is due, tells what moved.</summary>
    internal void Pump(DeviceState state, bool isUp, CancellationToken cancel)
    {
        Due = null;
        foreach (WorkloadState workload in state.InOrder)
        {
            if (!_workloads.TryGetValue(workload.Name, out WorkloadFigures? figures))
            {
                figures = new WorkloadFigures();
                _workloads.Add(workload.Name, figures);
            }

            if (figures.Follow(workload.Current, workload.IsFallback, parts.Clock.Now) is { IsReading: false } stopped)
            {
                Ask(figures, stopped, TimeSpan.Zero, cancel);
            }

            // The first answer is what a window starts from: it is not put off until there is a link.
            if (figures.Serving is { IsReading: false } serving && (isUp || serving.Open is null))
            {
                AskWhenDue(figures, serving, workload.Current!.Spec.FigureWindow, cancel); // It serves.
            }

            if (isUp)
            {
                Tell(workload.Name, figures);
            }
        }

        Forget(state);
    }

    /// <summary>Requests that an instance had answered well when it was asked last; -1 when it was not.</summary>
    internal long AnsweredBy(InstanceId instance) =>
        _workloads.TryGetValue(instance.Workload, out WorkloadFigures? figures) && figures.Serving?.Id == instance
            ? figures.Serving.Answered
            : -1;

    /// <summary>A new connection: the server may have been restored from a backup.</summary>
    internal void TellAgain()
    {
        _epoch++;
        _sending = 0;
        foreach (WorkloadFigures figures in _workloads.Values)
        {
            figures.TellAgain();
        }
    }

    private void AskWhenDue(
        WorkloadFigures figures, InstanceMeter meter, TimeSpan length, CancellationToken cancel)
    {
        if (meter.NextAt <= parts.Clock.Now)
        {
            Ask(figures, meter, length, cancel);
        }
        else if (Due is null || meter.NextAt < Due)
        {
            Due = meter.NextAt;
        }
    }

    private void Ask(WorkloadFigures figures, InstanceMeter meter, TimeSpan length, CancellationToken cancel)
    {
        meter.IsReading = true;
        parts.Mailbox.Run(
            c => supervisor.ReadFiguresAsync(meter.Id, c),
            outcome => figures.Take(meter, (outcome as FiguresOutcome.Read)?.Figures, length, parts.Clock),
            cancel);
    }

    private void Tell(DeploymentId name, WorkloadFigures figures)
    {
        if (figures.IsSending || figures.IsRefused || _sending >= AgentLimits.FigureMessagesMax
            || figures.TakeUntold() is not { Length: > 0 } untold)
        {
            return;
        }

        long epoch = _epoch;
        figures.IsSending = true;
        _sending++;
        send(FiguresFormat.Write(name, untold), outcome =>
        {
            if (epoch == _epoch)
            {
                figures.IsSending = false;
                figures.IsRefused = outcome is PublishOutcome.Refused;
                _sending--;
            }
        });
    }

    /// <summary>Drops workloads that are gone.</summary>
    private void Forget(DeviceState state)
    {
        if (_workloads.Count == state.Workloads.Count)
        {
            return;
        }

        foreach (DeploymentId name in _workloads.Keys)
        {
            if (!state.Workloads.ContainsKey(name))
            {
                _ = _workloads.Remove(name); // The one change that an enumeration allows.
            }
        }
    }
}
