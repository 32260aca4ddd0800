using System.Runtime.InteropServices;
using Kedge.Agent;
using Kedge.Agent.Commands;
using Kedge.Agent.Native;
using Kedge.Core.Borders;
using Kedge.Core.Errors;

Dictionary<string, IReadOnlyList<string>> options = new(StringComparer.Ordinal)
{
    ["enroll"] = ["--token", "--server", "--name", "--label", "--data"],
    ["run"] = ["--data", "--serve", "--runtime-library", "--metrics-port", "--loopback-address", "--inventory-root"],
    ["status"] = ["--data", "-o", "--output"],
    ["doctor"] = ["--data", "--serve", "--runtime-library"],
    ["hold"] = ["--data", "--reason", "--for"],
    ["release"] = ["--data"],
    ["stop"] = ["--data"],
};

if (args is [] or ["--help"] or ["-h"] or ["help"])
{
    Console.Out.WriteLine(HelpText.Text);
    return args.Length == 0 ? ExitCodes.Usage : ExitCodes.Done;
}

if (args is ["--version"])
{
    Console.Out.WriteLine($"kedge-agent {DataFolder.Version}");
    return ExitCodes.Done;
}

// Models, and the folders that the runtime makes for them, are read by the sandbox's own user, whatever mask the agent
// was started with; the folders above keep everybody else out.
_ = AgentLibc.MaskModes(0x12); // 022

using CancellationTokenSource ending = new();
void End(PosixSignalContext context)
{
    context.Cancel = true;
    ending.Cancel();
}

using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
try
{
    Arguments arguments = Arguments.Parse(args, options);
    return await (arguments.Command switch
    {
        "enroll" => EnrollCommand.RunAsync(arguments, TimeProvider.System, ending.Token),
        "run" => RunCommand.RunAsync(arguments, TimeProvider.System, ending.Token),
        "status" => StatusCommand.RunAsync(arguments, TimeProvider.System, ending.Token),
        "doctor" => DoctorCommand.RunAsync(arguments, TimeProvider.System, ending.Token),
        "hold" or "release" => HoldCommand.RunAsync(arguments, TimeProvider.System, ending.Token),
        _ => StopCommand.RunAsync(arguments, TimeProvider.System, ending.Token),
    }).ConfigureAwait(false);
}
catch (KedgeException e)
{
    Console.Error.WriteLine(e.Message);
    return ExitCodes.Of(e.Finding);
}
catch (DiskException e)
{
    Console.Error.WriteLine($"{AgentErrors.DiskFailed.Code}: {e.Message}");
    return ExitCodes.Failed;
}
catch (OperationCanceledException) when (ending.IsCancellationRequested)
{
    return ExitCodes.Done;
}
catch (Exception e)
{
    Console.Error.WriteLine($"kedge-agent met a bug and ends: {e}");
    return ExitCodes.Broken;
}
