namespace Kedge.Store.Conformance.Model;

/// <summary>The schema files as they lie in the source tree.</summary>
public static class SchemaFile
{
    public static string Read(string database)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kedge.slnx")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        return File.ReadAllText(Path.Combine(folder.FullName, "src", "Kedge.Store", database, "schema.sql"));
    }
}
