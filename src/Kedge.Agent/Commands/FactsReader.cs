using System.Runtime.InteropServices;
using Kedge.Agent.Disk;
using Kedge.Agent.Inventory;
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

    internal static DeviceFacts Read(RealDisk inventory, RealDisk data, bool isSimulated, bool hasTfLite) =>
        InventoryReader.Read(inventory, new InventoryContext
        {
            Simulated = isSimulated,
            HostArchitecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            Runtimes = hasTfLite
                ? [new RuntimeFacts(ModelFormat.Onnx, OnnxVersion), new RuntimeFacts(ModelFormat.TfLite, TfLiteVersion)]
                : [new RuntimeFacts(ModelFormat.Onnx, OnnxVersion)],
        }) with
        {
            DataFreeBytes = Free(data),
        };

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
