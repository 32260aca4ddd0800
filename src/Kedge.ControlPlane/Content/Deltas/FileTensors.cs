using Kedge.Content.Formats;
using Kedge.Core.Models;
using Kedge.Native;
using Kedge.Onnx;

namespace Kedge.ControlPlane.Content.Deltas;

/// <summary>
/// Where the tensors of a file are. Most formats are read over their chunks; ONNX files are read as a whole, and are
/// put together on the disk for that rather than in memory.
/// </summary>
internal sealed class FileTensors(ChunkFolder chunks, DeltaFolder folder)
{
    /// <summary>An ONNX file begins with its version in field 1.</summary>
    private const byte OnnxFirstByte = 0x08;

    /// <summary>The map of a file; empty for one that cannot be read.</summary>
    /// <param name="file">The file, and the ONNX file that says what is in it.</param>
    /// <param name="content">How the file is read.</param>
    /// <param name="ct">Gives up.</param>
    public TensorMap Find(ReadFile file, ModelFile content, CancellationToken ct)
    {
        PackageFile model = file.Model ?? file.File;
        byte[] first = new byte[1];
        bool isWhole = file.Model is not null || (content.TryFill(0, first) && first[0] == OnnxFirstByte);
        if (!isWhole)
        {
            return TensorMaps.Of(content);
        }

        if (model.Bytes > OnnxLimits.ModelBytesMax)
        {
            return TensorMap.Empty;
        }

        folder.RequireRoom(model.Bytes);
        string temporary = folder.TemporaryPath();
        try
        {
            using (ChunkedFile chunked = new(chunks, model))
            {
                chunked.CopyTo(temporary, ct);
            }

            using MappedFile mapped = new(temporary);
            ModelFile onnx = ModelFile.Of(model.Path, mapped.Memory);
            return file.Model is null
                ? TensorMaps.Of(onnx)
                : TensorMaps.Beside(content, onnx);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
