using System.Runtime.InteropServices;

namespace Kedge.Inference.Onnx.Native;

/// <summary>
/// Turns the telemetry of ONNX Runtime off before it can begin. Problem: from version 1.29 on, making the environment
/// starts an uploader on Linux: it writes a device id and a database into the user's cache folder, asks <c>blkid</c>
/// through a shell who this machine is, and sends events to the runtime's maker; the function that turns telemetry off
/// wants an environment and comes too late for all of that. Approach: the one switch that is read before, a variable
/// of the native environment, which .NET's own does not reach. The launchers set it too, so that a model server finds
/// it set.
/// </summary>
internal static unsafe partial class OrtTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Call it before the library is loaded.</summary>
    internal static void Forbid()
    {
        // What is not set as text by somebody else is not written again: other threads may be reading.
        if (Environment.GetEnvironmentVariable(Variable) == "1")
        {
            return;
        }

        fixed (byte* name = "ORT_DISABLE_TELEMETRY\0"u8, value = "1\0"u8)
        {
            if (SetVariable(name, value, 1) != 0)
            {
                throw new InvalidOperationException($"{Variable} cannot be set");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv")]
    private static partial int SetVariable(byte* name, byte* value, int overwrite);
}
