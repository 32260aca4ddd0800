using Kedge.Agent.Commands;
using Kedge.Agent.Disk;
using Kedge.Agent.Sandbox;
using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Agent.Tests.Inventory;

/// <summary>What an agent says that its device can run.</summary>
public sealed class FactsReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-facts-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_device_names_the_runtimes_that_it_has_and_whether_images_can_be_decoded()
    {
        File.WriteAllBytes(Path.Combine(_folder, "kedge-serve"), []);
        File.WriteAllBytes(Path.Combine(_folder, "libonnxruntime.so.1"), []);
        SupervisorOptions programs = Programs();
        DeviceFacts plain = Read(programs);
        Assert.Equal([ModelFormat.Onnx], plain.Runtimes.Select(static one => one.Format));
        Assert.Equal(DeviceFacts.ImagesOff, plain.ImageDecoding);
        DeviceFacts whole = Read(programs with { TfLiteLibrary = "/lib/tflite.so", ImagingFolder = "/lib" });
        Assert.Equal([ModelFormat.Onnx, ModelFormat.TfLite], whole.Runtimes.Select(static one => one.Format));
        Assert.Equal(DeviceFacts.ImagesOn, whole.ImageDecoding);

        File.Delete(Path.Combine(_folder, "libonnxruntime.so.1"));
        Assert.Empty(Read(programs with { TfLiteLibrary = "/lib/tflite.so" }).Runtimes);
    }

    private DeviceFacts Read(SupervisorOptions programs) => FactsReader.Read(
        InventoryTrees.Open("raspberry-pi-5"), new RealDisk(_folder), programs, isSimulated: true);

    private SupervisorOptions Programs() => new()
    {
        DataFolder = _folder,
        RunFolder = _folder,
        EndpointFolder = _folder,
        ServeProgram = Path.Combine(_folder, "kedge-serve"),
        RuntimeLibrary = Path.Combine(_folder, "libonnxruntime.so.1"),
    };
}
