namespace Kedge.Cli.Models;

/// <summary>Writes variants, each whole or not at all.</summary>
internal static class VariantFiles
{
    /// <summary>Writes those that are not refused as <c>MODEL.VARIANT.onnx</c>.</summary>
    public static async Task<List<VariantResult>> WriteAsync(
        List<VariantResult> results, string model, string folder, CancellationToken ct)
    {
        List<VariantResult> written = [results[0] with { Path = model }];
        foreach (VariantResult result in results.Skip(1))
        {
            if (result.Refusal is not null)
            {
                written.Add(result);
                continue;
            }

            Directory.CreateDirectory(folder);
            string path = Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(model)}.{result.Name}.onnx");
            string beside = path + ".part";
            try
            {
                FileStream file = new(beside, FileMode.Create, FileAccess.Write);
                await using (file.ConfigureAwait(false))
                {
                    await file.WriteAsync(result.File, ct).ConfigureAwait(false);
                    file.Flush(flushToDisk: true);
                }

                File.Move(beside, path, overwrite: true);
            }
            finally
            {
                File.Delete(beside);
            }

            written.Add(result with { Path = path });
        }

        return written;
    }
}
