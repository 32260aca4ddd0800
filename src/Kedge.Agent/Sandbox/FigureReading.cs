using Kedge.Agent.Inventory;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Inference.Control;

namespace Kedge.Agent.Sandbox;

/// <summary>Asks one instance what it has counted. Blocks its caller.</summary>
internal static class FigureReading
{
    /// <summary>Asks it, and reads how warm its device is.</summary>
    /// <param name="live">The instance.</param>
    /// <param name="sensors">Where thermal zones are read.</param>
    internal static FiguresOutcome Of(LiveInstance live, IDisk sensors)
    {
        try
        {
            ControlReply reply;
            lock (live.Talking)
            {
                if (live.IsFrozen)
                {
                    return Failed("it is frozen");
                }

                reply = ControlClient.Ask(live.Paths.Control, ControlOps.Figures);
            }

            return reply.Ok ? Judge(reply, live, sensors) : Failed(reply.Error);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return Failed(e.Message);
        }
    }

    private static FiguresOutcome Judge(ControlReply reply, LiveInstance live, IDisk sensors)
    {
        (int agreed, int samples) = GoldenReach.Of(live.Paths);
        bool fits = LatencySketch.TryParse(reply.Latency ?? "-", out LatencySketch? latency)
            && reply.Requests is >= 0 and <= FigureWindow.RequestsMax
            && reply.Failures >= 0 && reply.Failures <= reply.Requests
            && latency.Total <= reply.Requests - reply.Failures;
        return fits
            ? new FiguresOutcome.Read(new InstanceFigures(
                reply.Requests, reply.Failures, latency!, live.Launcher.MemoryOf(live.Paths, live.Process.Pid))
            {
                HeatMilliCelsius = PowerReader.Hottest(new InventoryTree(sensors)) ?? InstanceFigures.NoHeat,
                GoldenAgreed = agreed,
                GoldenSamples = samples,
                Values = ValueTally.Said(reply.Values),
            })
            : Failed("it answered with figures that cannot be");
    }

    private static FiguresOutcome.Failed Failed(string why) =>
        new(new Problem(SandboxErrors.NoControl.Code, why));
}
