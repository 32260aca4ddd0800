using System.Globalization;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary>Looks again and again until something is so or time is over. It asks rather than watches: an answer that
/// was
/// true once may not be true any more, and a lost connection must not end the wait.</summary>
internal sealed class Waiting(Session session, TimeSpan timeout)
{
    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(200);

    /// <summary>How long problems of all devices that lag must last until nothing more is to be hoped for.</summary>
    private static readonly TimeSpan _hopeless = TimeSpan.FromSeconds(5);

    private readonly long _began = session.World.Time.GetTimestamp();
    private string _last = "";

    /// <summary>Waits until a deployment's newest revision serves on every device that is to run it.</summary>
    /// <param name="name">The deployment.</param>
    /// <param name="isPatient">False to give up when nothing but problems that last is left.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<int> ForServingAsync(string name, bool isPatient, CancellationToken ct)
    {
        long? stuckSince = null;
        while (true)
        {
            DeploymentResource deployment = await session.Client.GetDeploymentAsync(name, ct).ConfigureAwait(false);
            Say(Progress(deployment));
            if (!deployment.Deleting && deployment.Devices > 0 && deployment.Ready == deployment.Devices)
            {
                session.Print.Line($"deployment/{name} serves revision {deployment.Revision} on all its devices");
                return ExitCodes.Ok;
            }

            bool isStuck = deployment.Failing > 0 && deployment.Ready + deployment.Failing >= deployment.Devices;
            stuckSince = isStuck ? stuckSince ?? session.World.Time.GetTimestamp() : null;
            if (!isPatient && stuckSince is long since && session.World.Time.GetElapsedTime(since) >= _hopeless)
            {
                await ShowProblemsAsync(name, ct).ConfigureAwait(false);
                throw new CliException(CliErrors.RolloutFailed, Progress(deployment), ExitCodes.Failed);
            }

            if (IsOver())
            {
                await ShowProblemsAsync(name, ct).ConfigureAwait(false);
            }

            await PauseAsync(Progress(deployment), ct).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until an object is gone.</summary>
    public async Task<int> ForGoneAsync(ResourceKind kind, string name, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await kind.List(session, new ListQuery(name), ct).ConfigureAwait(false);
            }
            catch (KedgeApiException exception) when (exception.Status == 404)
            {
                session.Print.Line($"{kind.Singular}/{name} is gone");
                return ExitCodes.Ok;
            }

            await PauseAsync($"{kind.Singular}/{name} is still there", ct).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until a device is connected, or is and all its workloads serve.</summary>
    public async Task<int> ForDeviceAsync(string name, string condition, CancellationToken ct)
    {
        while (true)
        {
            string state = $"device/{name} has not enrolled";
            try
            {
                DeviceResource device = await session.Client.GetDeviceAsync(name, ct).ConfigureAwait(false);
                if (device.Connected && (condition == "connected" || device.Status == "Ready"))
                {
                    session.Print.Line($"device/{name} is {condition}");
                    return ExitCodes.Ok;
                }

                state = $"device/{name} is {device.Status}, {(device.Connected ? "" : "not ")}connected";
            }
            catch (KedgeApiException exception) when (exception.Status == 404)
            {
                // It may enrol while we wait.
                Say(state);
            }

            Say(state);
            await PauseAsync(state, ct).ConfigureAwait(false);
        }
    }

    private static string Progress(DeploymentResource deployment) => deployment switch
    {
        { Deleting: true } => "it is being deleted",
        { Devices: 0 } => "no device is chosen; kedge explain says why",
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"{deployment.Ready} of {deployment.Devices} devices serve revision {deployment.Revision}, ")
            + string.Create(
                CultureInfo.InvariantCulture, $"{deployment.Outdated} an older one, {deployment.Failing} failing"),
    };

    private async Task ShowProblemsAsync(string name, CancellationToken ct)
    {
        ResourceList<DeviceResource> devices = await session.Client.ListDevicesAsync("", ct).ConfigureAwait(false);
        foreach (DeviceResource device in devices.Items)
        {
            foreach (WorkloadResource workload in device.Workloads.Where(workload => workload.Deployment == name))
            {
                if (workload.Problem is ErrorResource problem)
                {
                    session.Print.Note($"{device.Name}: {problem.Code}: {problem.Message}");
                }
            }
        }
    }

    private void Say(string state)
    {
        if (state != _last)
        {
            session.Print.Note(state);
            _last = state;
        }
    }

    private bool IsOver() => session.World.Time.GetElapsedTime(_began) >= timeout;

    private Task PauseAsync(string state, CancellationToken ct) => IsOver()
        ? throw new CliException(CliErrors.TimedOut, $"{state}, after {timeout.TotalSeconds:0} s", ExitCodes.TimedOut)
        : Task.Delay(_period, session.World.Time, ct);
}
