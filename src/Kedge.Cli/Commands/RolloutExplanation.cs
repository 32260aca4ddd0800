using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge explain rollout NAME</c>: what waits on what, since when and until when, and why each device has or has not
/// the revision.
/// </summary>
internal static class RolloutExplanation
{
    /// <summary>Prints it.</summary>
    /// <param name="session">The command.</param>
    /// <param name="name">The deployment.</param>
    /// <param name="device">Only this device; empty for all.</param>
    /// <param name="format">Form of the result.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task PrintAsync(
        Session session, string name, string device, OutputFormat format, CancellationToken ct)
    {
        RolloutResource whole = await session.Client.GetRolloutAsync(name, ct).ConfigureAwait(false);
        RolloutResource rollout = device.Length == 0
            ? whole
            : whole with { Devices = [.. whole.Devices.Where(d => d.Device == device)] };
        if (device.Length > 0 && rollout.Devices.Count == 0)
        {
            throw new CliException(
                CliErrors.NotFound, $"no device {device} is meant by this rollout", ExitCodes.NotFound);
        }

        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            session.Print.Raw(RolloutText.Whole(rollout, format));
            return;
        }

        session.Print.Raw(RolloutText.Block(rollout, session.NowMs, colour: false).ToString());
        session.Print.Table(RolloutText.Devices(rollout, all: true), "There are no devices that it could reach.");
    }
}
