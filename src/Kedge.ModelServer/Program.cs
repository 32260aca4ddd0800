using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.ModelServer;
using Kedge.ModelServer.Metrics;
using Kedge.Native;

string version = typeof(Instruments).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
    ?.InformationalVersion ?? "0.0.0";
if (args is ["--version"])
{
    Console.Out.WriteLine($"kedge-serve {version}");
    return 0;
}

if (args is not ["--config", string path])
{
    Console.Error.WriteLine("usage: kedge-serve --config FILE | --version");
    return 2;
}

ServeConfig? config = ReadConfig(path, out ImmutableArray<Finding> findings);
if (config is null)
{
    foreach (Finding finding in findings)
    {
        Console.Error.WriteLine(finding);
    }

    return 2;
}

return Serve(config, version);

static ServeConfig? ReadConfig(string path, out ImmutableArray<Finding> findings)
{
    try
    {
        using FileStream file = File.OpenRead(path);
        byte[] json = new byte[Math.Min(file.Length, InferenceLimits.ConfigBytesMax + 1)];
        file.ReadExactly(json);
        return ServeConfig.TryParse(json, out ServeConfig? config, out findings) ? config : null;
    }
    catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
    {
        findings = [ServeErrors.ConfigUnreadable.At(failure.Message)];
        return null;
    }
}

static int Serve(ServeConfig config, string version)
{
    using RotatingLog log = new(config.LogFile, config.LogBytesMax, TimeProvider.System);
    try
    {
        using ServeLoop loop = new(config, version, log, TimeProvider.System);
        using PosixSignalRegistration end = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            loop.SignalEnd();
        });
        return loop.Run();
    }
    catch (NativeException failure)
    {
        Console.Error.WriteLine(ServeErrors.SocketUnavailable.At(failure.Message));
        return 1;
    }
}
