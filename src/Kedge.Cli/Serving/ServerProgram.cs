using System.Globalization;
using Kedge.Cli.Running;
using Kedge.ControlPlane;
using Microsoft.Extensions.Logging;

namespace Kedge.Cli.Serving;

/// <summary>Runs a control plane until it is told to stop. Nothing else in this program names the server's types, so
/// that a
/// command that only calls a server does not load one.</summary>
internal static class ServerProgram
{
    public static async Task RunAsync(Session session, ServerArguments arguments, CancellationToken ct)
    {
        ServerOptions options = ServerSetup.Read(session, arguments, ServerSetup.DataFolder(session, "server"));
        using ILoggerFactory log = Log(session.Get(arguments.Verbose));
        ControlPlaneHost host =
            await ControlPlaneHost.StartAsync(options, new HostParts { Log = log }, ct).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            SayStarted(session, host, options);
            await UntilStoppedAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Says where the server is, and at first start where the keys lie.</summary>
    public static void SayStarted(Session session, ControlPlaneHost host, ServerOptions options)
    {
        session.Print.Line(string.Create(
            CultureInfo.InvariantCulture, $"control plane at {host.Address}, device link on port {host.LinkPort}"));
        if (host.WasFirstStart)
        {
            session.Print.Line($"context '{options.ContextName}' written to {options.ContextFile}");
            session.Print.Line(
                $"owner keys written to {options.OwnerFolder}: back them up and move them off this machine");
        }
    }

    /// <summary>One line for each entry, on standard error.</summary>
    public static ILoggerFactory Log(bool isVerbose) => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(isVerbose ? LogLevel.Debug : LogLevel.Information)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        })
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));

    /// <summary>Ends without an exception when it is told to stop: that is how a server ends.</summary>
    public static async Task UntilStoppedAsync(CancellationToken ct)
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenRegistration registration = ct.Register(stopped.SetResult);
        await using (registration.ConfigureAwait(false))
        {
            await stopped.Task.ConfigureAwait(false);
        }
    }
}
