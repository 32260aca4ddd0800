using System.Runtime.Versioning;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Commands;
using Kedge.Cli.Running;
using Kedge.ControlPlane;
using Kedge.Core;
using Kedge.Imaging;
using Kedge.Inference.Onnx;
using Kedge.Inference.TfLite;
using Microsoft.Extensions.Logging;

namespace Kedge.Cli.Serving;

/// <summary>A control plane in this process and an agent beside it, for a first look and for a machine that is its own
/// fleet. Everything is the real thing: the device enrols with a token as any other does.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class UpProgram(Session session, UpArguments arguments)
{
    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _connectDeadline = TimeSpan.FromSeconds(30);

    private string Folder => session.Get(arguments.Server.Data) is { Length: > 0 } data
        ? Path.GetFullPath(data)
        : ServerSetup.DataFolder(session, "up");

    public async Task RunAsync(CancellationToken ct)
    {
        string name = DeviceName();
        string program = AgentProgram.Find(session.World, session.Get(arguments.Agent) ?? "");
        Directory.CreateDirectory(Folder);
        ServerOptions options = ServerSetup.Read(session, arguments.Server, Folder) with
        {
            DataFolder = Path.Combine(Folder, "server"),
        };
        bool isVerbose = session.Get(arguments.Server.Verbose);
        using ILoggerFactory? log = isVerbose ? ServerProgram.Log(isVerbose: true) : null;
        HostParts parts = log is null ? new HostParts() : new HostParts { Log = log };
        ControlPlaneHost host = await ControlPlaneHost.StartAsync(options, parts, ct).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            ServerProgram.SayStarted(session, host, options);
            await EndLeftoverAsync(program).ConfigureAwait(false);
            using KedgeClient client = new(session.Contexts.Require(options.ContextName, host.Address));
            using LocalAgent agent = new(program, Folder);
            try
            {
                await EnrolAsync(client, agent, name, ct).ConfigureAwait(false);
                agent.Run(
                    First(OnnxRuntimeLibrary.Candidates(null)),
                    First(TfLiteLibrary.Candidates(null)),
                    Path.GetDirectoryName(ImagingLibraries.Find(ImagingLibraries.Jpeg)) ?? "");
                await UntilConnectedAsync(client, agent, name, ct).ConfigureAwait(false);
                SayWhatNext(name);
                await UntilEndAsync(agent, ct).ConfigureAwait(false);
            }
            finally
            {
                await StopAsync(agent).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// An agent that a killed run left behind has waited longer and longer for its server, so that a new one, which
    /// adopts the same model servers, is back sooner.
    /// </summary>
    private async Task EndLeftoverAsync(string program)
    {
        using LocalAgent leftover = new(program, Folder);
        if (leftover.TryAdopt())
        {
            await leftover.StopAsync(session.World.Time).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Enrols a device that is new, or whose folder was lost; one that is known and whole is left as it is.
    /// </summary>
    private async Task EnrolAsync(KedgeClient client, LocalAgent agent, string name, CancellationToken ct)
    {
        bool isKnown = await IsKnownAsync(client, name, ct).ConfigureAwait(false);
        if (isKnown && agent.HasData)
        {
            return;
        }

        EnrollmentTokenResource token = isKnown
            ? await client.ReplaceDeviceAsync(name, ct).ConfigureAwait(false)
            : await client.CreateEnrollmentTokenAsync(
                new EnrollmentTokenRequest
                {
                    Device = name,
                    Labels = KeyValues.Parse(session.Get(arguments.Label) ?? []),
                },
                ct).ConfigureAwait(false);
        await agent.CommandAsync(
            ["enroll", "--data", agent.DataFolder, "--name", name, "--token", token.Token ?? ""],
            session.World.Time,
            ct).ConfigureAwait(false);
        session.Print.Line($"device {name} enrolled");
    }

    private static async Task<bool> IsKnownAsync(KedgeClient client, string name, CancellationToken ct)
    {
        try
        {
            await client.GetDeviceAsync(name, ct).ConfigureAwait(false);
            return true;
        }
        catch (KedgeApiException exception) when (exception.Status == 404)
        {
            return false;
        }
    }

    /// <summary>The runtime that this program itself would use: in a checkout the agent has none beside it.</summary>
    private static string First(IEnumerable<string> candidates) => candidates.FirstOrDefault(File.Exists) ?? "";

    private async Task UntilConnectedAsync(KedgeClient client, LocalAgent agent, string name, CancellationToken ct)
    {
        TimeProvider time = session.World.Time;
        long began = time.GetTimestamp();
        while (!(await client.GetDeviceAsync(name, ct).ConfigureAwait(false)).Connected)
        {
            ThrowIfEnded(agent);
            if (time.GetElapsedTime(began) >= _connectDeadline)
            {
                throw new CliException(
                    CliErrors.TimedOut,
                    $"device {name} did not connect within {_connectDeadline.TotalSeconds:0} s:\n{agent.LogTail()}",
                    ExitCodes.TimedOut);
            }

            await Task.Delay(_poll, time, ct).ConfigureAwait(false);
        }

        session.Print.Line($"device {name} connected; its agent logs to {agent.LogFile}");
    }

    private async Task UntilEndAsync(LocalAgent agent, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            ThrowIfEnded(agent);
            await Task.Delay(_poll, session.World.Time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static void ThrowIfEnded(LocalAgent agent)
    {
        if (agent.HasEnded)
        {
            throw new CliException(CliErrors.AgentEnded, $"its last lines:\n{agent.LogTail()}", ExitCodes.Failed);
        }
    }

    private async Task StopAsync(LocalAgent agent)
    {
        session.Print.Note("stopping");
        await agent.StopAsync(session.World.Time).ConfigureAwait(false);
        if (!session.Get(arguments.KeepWorkloads) && agent.HasData)
        {
            await StopWorkloadsAsync(agent).ConfigureAwait(false);
        }
    }

    /// <summary>A failure here must not hide why we end.</summary>
    private async Task StopWorkloadsAsync(LocalAgent agent)
    {
        try
        {
            await agent.CommandAsync(["stop", "--data", agent.DataFolder], session.World.Time, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (CliException exception)
        {
            session.Print.Note($"model servers may go on running: {exception.Message}");
        }
    }

    private void SayWhatNext(string name)
    {
        string config = session.World.Environment("KEDGE_CONFIG") is { Length: > 0 } path
            ? $"  export KEDGE_CONFIG={path}\n"
            : "";
        session.Print.Raw(
            $"""

            In another terminal:
            {config}  kedge get devices
              kedge model push MODEL.onnx --name mymodel --tag v1
              kedge apply -f deployment.yaml        # kedge explain deployment says what goes in
              kedge get endpoints
              kedge describe device {name}
            Ctrl-C ends the control plane, the agent and what it runs.

            """);
        session.World.Out.Flush();
    }

    private string DeviceName()
    {
        string given = session.Get(arguments.Name) ?? "";
        string name = given.Length > 0 ? given : FromHost();
        return Ids.IsName(name)
            ? name
            : throw new CliException(
                CliErrors.Usage, $"'{name}' is no name for a device; give one with --name", ExitCodes.Usage);
    }

    private static string FromHost()
    {
        string host = Environment.MachineName.Split('.')[0].ToLowerInvariant();
        string name = string.Concat(host.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        return name.Length is > 0 and <= Ids.NameCharsMax ? name : "local";
    }
}
