using Kedge.Core.Device;
using Kedge.Inference.Control;

namespace Kedge.Agent.Sandbox;

/// <summary>Asks one instance for what it has traced, until there is no more. Blocks its caller.</summary>
internal static class TraceReading
{
    // What an instance keeps, in replies: one that traces faster than it is asked does not hold us for ever.
    private const int RepliesMax = 32;

    internal static IEnumerable<(InstanceId Instance, ControlTrace[] Traces)> Of(LiveInstance live)
    {
        for (int i = 0; i < RepliesMax; i++)
        {
            ControlTrace[] traces = Ask(live);
            if (traces.Length > 0)
            {
                yield return (live.Paths.Instance, traces);
            }

            if (traces.Length < ControlTrace.ReplyMax)
            {
                yield break;
            }
        }
    }

    private static ControlTrace[] Ask(LiveInstance live)
    {
        try
        {
            lock (live.Talking)
            {
                return live.IsFrozen
                    ? []
                    : ControlClient.Ask(live.Paths.Control, ControlOps.Spans).Traces ?? [];
            }
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // It ends, or is an older one: whoever supervises it sees that too, and says so.
            return [];
        }
    }
}
