using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Kedge.Agent.Disk;
using Kedge.Agent.Inventory;
using Kedge.Agent.Sandbox;
using Kedge.Core.Borders;
using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Agent.Commands;

/// <summary>Reads the machine, and what only this process knows of it.</summary>
internal static class FactsReader
{
    // The releases that the package brings: eng/native/pins.txt.
    private const string OnnxVersion = "1.30.0";
    private const string TfLiteVersion = "2.9.0";

    /// <summary>Reads it.</summary>
    /// <param name="inventory">The tree of the machine.</param>
    /// <param name="data">Where the agent keeps its data.</param>
    /// <param name="programs">What the supervisor found; what it starts is what the device can run.</param>
    /// <param name="isSimulated">True for a tree of another machine.</param>
    internal static DeviceFacts Read(
        RealDisk inventory, RealDisk data, SupervisorOptions programs, bool isSimulated) =>
        InventoryReader.Read(inventory, new InventoryContext
        {
            Simulated = isSimulated,
            HostArchitecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            Runtimes = Runtimes(programs),
        }) with
        {
            DataFreeBytes = Free(data),
            ImageDecoding = programs.ImagingFolder.Length > 0 ? DeviceFacts.ImagesOn : DeviceFacts.ImagesOff,
        };

    private static ImmutableArray<RuntimeFacts> Runtimes(SupervisorOptions programs)
    {
        if (!File.Exists(programs.ServeProgram) || !File.Exists(programs.RuntimeLibrary))
        {
            // No model server starts then, whatever it is to run.
            return [];
        }

        return programs.TfLiteLibrary.Length > 0
            ? [new RuntimeFacts(ModelFormat.Onnx, OnnxVersion), new RuntimeFacts(ModelFormat.TfLite, TfLiteVersion)]
            : [new RuntimeFacts(ModelFormat.Onnx, OnnxVersion)];
    }

    private static long Free(RealDisk data)
    {
        try
        {
            return data.FreeBytes("");
        }
        catch (DiskException)
        {
            // Not known: 0 says so.
            return 0;
        }
    }
}
