using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// The model server as portable code, for machines that nothing native was compiled for. Problem: native code is one
/// file that starts by itself; portable code needs the .NET runtime, in the sandbox too. Approach: where
/// <c>kedge-serve.dll</c> lies beside <c>kedge-serve</c>, it is run by the runtime that runs this agent, of which only
/// the host and the shared frameworks are bound into the sandbox, read-only. A native agent knows no runtime and starts
/// what it is given.
/// </summary>
internal sealed record PortableServe
{
    private const string Inside = "/kedge/dotnet";
    private const string ServeInside = "/kedge/serve";

    private PortableServe(string code, string runtime)
    {
        Code = code;
        Runtime = runtime;
    }

    /// <summary>Absolute path of the model server's assembly.</summary>
    public string Code { get; }

    /// <summary>Program and first argument outside of any sandbox.</summary>
    public (string Program, string Argument) Bare => (Path.Combine(Runtime, "dotnet"), Code);

    /// <summary>Program and first argument, as seen inside a sandbox.</summary>
    public static IReadOnlyList<string> ArgumentsInside { get; } =
        [$"{Inside}/dotnet", $"{ServeInside}/kedge-serve.dll"];

    private string Runtime { get; }

    /// <summary>What is run for a program: portable code when it and a runtime are there, else null.</summary>
    public static PortableServe? Find(string program)
    {
        if (!RuntimeFeature.IsDynamicCodeCompiled || !File.Exists($"{program}.dll"))
        {
            return null;
        }

        // .../shared/Microsoft.NETCore.App/10.0.0/ lies three folders below the runtime's root.
        string root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return File.Exists(Path.Combine(root, "dotnet")) ? new PortableServe($"{program}.dll", root) : null;
    }

    /// <summary>What a sandbox must hold: source on the host and place inside.</summary>
    public IReadOnlyList<BindMount> Files() =>
    [
        new(Path.Combine(Runtime, "dotnet"), $"{Inside}/dotnet"),
        new(Path.Combine(Runtime, "host"), $"{Inside}/host"),
        new(Path.Combine(Runtime, "shared"), $"{Inside}/shared"),
        new(Path.GetDirectoryName(Code)!, ServeInside),
    ];
}
