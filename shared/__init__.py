"""What deploys: rules decide, flows act, cloud is the only folder that calls Azure."""
