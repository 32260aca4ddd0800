using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Freezes an instance that does not serve any more, and brings one back. It is frozen with no connection, no listener
/// and no open question: nobody waits for an answer of it. A wish that came later wins:
/// <see cref="LiveInstance.IsToPark"/> is looked at before each step.
/// </summary>
internal static class Parking
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>Lets its connections end, then freezes it.</summary>
    /// <returns>True once it is frozen; false when it was taken back; null when it cannot be parked.</returns>
    public static async Task<bool?> ParkAsync(
        LiveInstance live, TimeSpan deadline, TimeProvider time, CancellationToken cancel)
    {
        if (live.IsFrozen)
        {
            return true;
        }

        string op = ControlOps.Park;
        long start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < deadline + AgentLimits.DrainGrace)
        {
            string asked = op;
            bool? step = await Task.Run(() => Step(live, asked, deadline), cancel).ConfigureAwait(false);
            if (step is not null || !live.IsToPark)
            {
                return live.IsToPark && step == true ? true : live.IsToPark ? null : false;
            }

            op = ControlOps.Status;
            await Task.Delay(Poll, time, cancel).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Thaws it where it is frozen, and lets it accept. Blocks.</summary>
    /// <param name="live">Which.</param>
    /// <param name="listener">The listener, opened when it is needed.</param>
    /// <exception cref="IOException">It does not answer, or the listener cannot be opened.</exception>
    public static ControlReply TakeBack(LiveInstance live, Func<FileDescriptor> listener)
    {
        lock (live.Talking)
        {
            if (live.IsFrozen && !live.SetFrozen(isFrozen: false))
            {
                throw new IOException($"{live.Paths.Instance} cannot be thawed");
            }

            ControlReply reply = ControlClient.Ask(live.Paths.Control, ControlOps.Status);
            if (reply.State == ServeStates.Draining)
            {
                reply = ControlClient.Ask(live.Paths.Control, ControlOps.Resume);
            }

            return reply.State == ServeStates.Serving
                ? reply
                : ControlClient.Ask(live.Paths.Control, ControlOps.Listen, attach: listener());
        }
    }

    /// <summary>True when it is frozen, false when it cannot be, null when it is still busy.</summary>
    private static bool? Step(LiveInstance live, string op, TimeSpan deadline)
    {
        lock (live.Talking)
        {
            if (!live.IsToPark)
            {
                return false;
            }

            try
            {
                ControlReply reply = ControlClient.Ask(live.Paths.Control, op, (long)deadline.TotalMilliseconds);
                return !reply.Ok ? false
                    : reply.State == ServeStates.Ready ? live.SetFrozen(isFrozen: true)
                    : null;
            }
            catch (IOException)
            {
                // Nobody answers: it ends, or hangs.
                return false;
            }
        }
    }
}
